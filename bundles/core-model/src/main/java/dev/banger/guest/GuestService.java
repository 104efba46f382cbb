// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.guest;

import dev.banger.error.BangerException;
import dev.banger.operation.Operation;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Talks to running guests through their agents, over one shared connection a machine that is made
 * again when it breaks. References are those of {@link dev.banger.vm.VmService}. Every method may
 * be called by many threads; one slow command holds up no other. All throw {@link BangerException}:
 * NOT_FOUND, NOT_RUNNING, and OPERATION_FAILED when the guest does not answer.
 */
@ProviderType
public interface GuestService {
  /** The time that the agent takes to answer. */
  Duration ping(String reference, Operation operation);

  /** The guest's boot id: another one after each boot. */
  String bootId(String reference, Operation operation);

  /**
   * Runs a command and returns when it has ended and its output is delivered. Cancelling the
   * operation ends the command.
   *
   * @return its exit status; 128 + the signal's number when a signal ended it
   * @throws BangerException PROGRAM_NOT_FOUND or PROGRAM_NOT_EXECUTABLE when the program cannot be
   *     executed, BAD_REQUEST when what comes before fails (its user or directory, say, or anything
   *     in a guest with an older agent); with the guest's reason
   */
  int exec(String reference, ExecRequest request, ExecStreams streams, Operation operation);

  /**
   * Unpacks a tar stream below a directory of the guest, which is made when missing.
   *
   * @param tar read to its end, not closed
   */
  void put(String reference, String directory, InputStream tar, Operation operation);

  /**
   * Writes paths of the guest as a tar stream.
   *
   * @param paths absolute paths; names in the archive are relative to the parent directory of the
   *     first
   * @param tar not closed
   */
  void get(String reference, List<String> paths, OutputStream tar, Operation operation);

  /** What listens in the guest. */
  List<Listener> listeners(String reference, Operation operation);

  /**
   * Gives a running guest an identity again: host name, addresses, resolvers, files; its clock is
   * set to the host's and its random pool is fed. Mounts are left to its next boot.
   */
  void configure(String reference, GuestConfig config, Operation operation);

  /**
   * Grows the ext4 file system that is mounted at a path of the guest to its disk's size, while it
   * is used.
   *
   * @param path absolute path of a mount point
   * @return the size of that disk in bytes, as the guest knows it. It may hear late of a disk that
   *     has just been grown: ask again when this is less
   * @throws BangerException OPERATION_FAILED when nothing of that kind is mounted there, when it
   *     cannot be grown, or when the guest runs an older agent
   */
  long grow(String reference, String path, Operation operation);

  /**
   * What the guest says of its use of memory, processors and disks.
   *
   * @throws BangerException OPERATION_FAILED when it says it in part only, or runs an older agent
   */
  GuestStatistics statistics(String reference, Operation operation);

  /**
   * Waits until an ssh server in the guest accepts the key of this installation.
   *
   * @throws BangerException DEADLINE_EXCEEDED when there is none within the operation's deadline
   */
  void awaitSsh(String reference, Operation operation);

  /**
   * The command by which a person reaches the guest with the system's ssh client.
   *
   * @param arguments further arguments for ssh: options and a remote command
   */
  List<String> sshCommand(String reference, List<String> arguments);
}
