// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.hypervisor;

import dev.banger.kernel.BootFiles;
import dev.banger.vm.VmNetwork;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * All that a hypervisor needs to start a machine.
 *
 * @param vmId the machine's id
 * @param name the machine's name
 * @param vcpus virtual CPUs
 * @param memoryMib memory in MiB
 * @param boot kernel and initramfs
 * @param kernelArguments words for the kernel's command line, besides those that the hypervisor
 *     itself adds
 * @param disks its disks, in order; the first is the root
 * @param network its network identity, or null for none
 * @param portForwards ports of the host that lead into the guest
 * @param runtimeDirectory where sockets and handles of this run go; exists, 0700
 * @param consoleLog where the serial console is written; kept within {@link #consoleLimitBytes}
 *     while the daemon runs
 * @param consoleLimitBytes the bound of the console log
 */
public record MachineConfig(
    String vmId,
    String name,
    int vcpus,
    long memoryMib,
    BootFiles boot,
    List<String> kernelArguments,
    List<Disk> disks,
    VmNetwork network,
    List<PortForward> portForwards,
    Path runtimeDirectory,
    Path consoleLog,
    long consoleLimitBytes) {
  public MachineConfig {
    kernelArguments = List.copyOf(kernelArguments);
    disks = List.copyOf(disks);
    portForwards = List.copyOf(portForwards);
  }

  /** What capabilities may add to a machine before it starts. Not safe for use by many threads. */
  public static final class Additions {
    private final List<String> kernelArguments = new ArrayList<>();
    private final List<Disk> disks = new ArrayList<>();
    private final List<PortForward> portForwards = new ArrayList<>();

    /** Adds a word to the kernel's command line. */
    public Additions kernelArgument(String word) {
      kernelArguments.add(word);
      return this;
    }

    /** Adds a disk behind those that are there. */
    public Additions disk(Disk disk) {
      disks.add(disk);
      return this;
    }

    /** Adds a port forward. */
    public Additions portForward(PortForward forward) {
      portForwards.add(forward);
      return this;
    }

    /** The words added so far. */
    public List<String> kernelArguments() {
      return List.copyOf(kernelArguments);
    }

    /** The disks added so far. */
    public List<Disk> disks() {
      return List.copyOf(disks);
    }

    /** The forwards added so far. */
    public List<PortForward> portForwards() {
      return List.copyOf(portForwards);
    }
  }
}
