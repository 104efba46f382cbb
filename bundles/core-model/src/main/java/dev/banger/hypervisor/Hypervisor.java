// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.hypervisor;

import dev.banger.error.BangerException;
import dev.banger.operation.Operation;
import java.nio.channels.ByteChannel;
import java.nio.file.Path;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A virtual machine monitor. One service a monitor; drivers come and go while machines run. Every
 * method may be called by many threads, and all that identifies a running machine is in its {@link
 * MachineHandle}: a driver MUST be able to serve a machine that another instance of it started, in
 * another process.
 */
@ConsumerType
public interface Hypervisor {
  /** Its name, such as {@code qemu}; 1 to 32 of a-z 0-9 and '-'. */
  String name();

  /**
   * Whether it can run machines here. Quick: looks at programs and cached verdicts, runs no guest.
   */
  HypervisorStatus status(Operation operation);

  /** The format of the root disks that {@link #createRootDisk} makes; always the same. */
  default Disk.Format rootDiskFormat() {
    return Disk.Format.QCOW2;
  }

  /**
   * Makes a root disk: a copy-on-write layer over an image, which is never written.
   *
   * @param image the raw image
   * @param target the file to make; MUST NOT exist, its directory must
   * @param sizeBytes the disk's size, at least the image's
   * @return the disk with serial {@code root}
   * @throws BangerException BAD_REQUEST when the image is larger, NO_SPACE, ALREADY_EXISTS,
   *     OPERATION_FAILED, CANCELLED; no file is left then
   */
  Disk createRootDisk(Path image, Path target, long sizeBytes, Operation operation);

  /**
   * Grows a disk that no running machine has; the file system on it is left to the guest. The disk
   * MUST NOT be that of a running machine: {@link #growRunningDisk} is for those. A disk of that
   * size already: nothing happens.
   *
   * @param sizeBytes its new size, a multiple of 512
   * @throws BangerException BAD_REQUEST when the disk is larger, is read-only or the size is not a
   *     multiple of 512; CORRUPT when the disk is missing; IN_USE when a VMM that locks its disks
   *     has it; NO_SPACE, OPERATION_FAILED, CANCELLED
   */
  void growDisk(Disk disk, long sizeBytes, Operation operation);

  /**
   * Grows a disk of a running machine, through its VMM. The guest is told of it; the file system on
   * it is left to the guest. A disk of that size already: nothing happens.
   *
   * @param disk one of the machine's disks, found by its serial
   * @param sizeBytes its new size, a multiple of 512
   * @throws BangerException BAD_REQUEST when the disk is larger, is read-only or the size is not a
   *     multiple of 512; NOT_FOUND when the machine has no such disk; NOT_RUNNING; NO_SPACE,
   *     OPERATION_FAILED, CANCELLED
   */
  void growRunningDisk(MachineHandle handle, Disk disk, long sizeBytes, Operation operation);

  /**
   * Starts a machine. The VMM MUST outlive this process and MUST NOT share its terminal, session or
   * signals. Returns when the VMM runs and its control socket answers; the guest is still booting
   * then.
   *
   * @throws BangerException CORRUPT when a boot file or a disk is missing, ALREADY_EXISTS when the
   *     host's port of a forward is taken, BAD_REQUEST, HOST_UNFIT, OPERATION_FAILED (with the
   *     VMM's own words), CANCELLED, DEADLINE_EXCEEDED; neither process nor socket is left then
   */
  MachineHandle start(MachineConfig config, Operation operation);

  /**
   * Whether the process of a handle is alive and is that machine's VMM: false for a reused process
   * id and after a reboot.
   */
  boolean alive(MachineHandle handle);

  /**
   * What the VMM process of a machine uses of the host.
   *
   * @throws BangerException NOT_RUNNING
   */
  MachineStatistics statistics(MachineHandle handle, Operation operation);

  /**
   * Connects to the guest agent's byte stream. Only one connection at a time is served; the agent's
   * HELLO decides when the guest listens.
   *
   * @throws BangerException NOT_RUNNING, OPERATION_FAILED, CANCELLED
   */
  ByteChannel openAgent(MachineHandle handle, Operation operation);

  /**
   * Publishes a port on a running machine. What this very machine publishes already, to the same
   * port of its guest: nothing happens.
   *
   * @throws BangerException ALREADY_EXISTS when the host's port is taken by anybody else, or leads
   *     to another port of this guest; NOT_RUNNING
   */
  void addPortForward(MachineHandle handle, PortForward forward, Operation operation);

  /**
   * Withdraws a port from a running machine; not there: nothing happens.
   *
   * @throws BangerException NOT_RUNNING
   */
  void removePortForward(MachineHandle handle, PortForward forward, Operation operation);

  /**
   * Sends a signal to the VMM, if it is alive and is that machine's.
   *
   * @param signal a name without SIG
   * @throws BangerException BAD_REQUEST when there is no such signal; NOT_RUNNING
   */
  void signal(MachineHandle handle, String signal, Operation operation);

  /**
   * Ends the VMM by force, waits until it is gone and removes what it left (sockets, pid file).
   * Idempotent; never stops at the first error; the machine's disks and logs stay.
   */
  void terminate(MachineHandle handle, Operation operation);

  /**
   * Finds the VMM of a machine whose handle was lost, and ends it and what it left as {@link
   * #terminate} does.
   *
   * @param vmId the machine's id
   * @param runtimeDirectory the run directory it was started with; MUST tell machines of other
   *     installations apart
   */
  void sweep(String vmId, Path runtimeDirectory, Operation operation);
}
