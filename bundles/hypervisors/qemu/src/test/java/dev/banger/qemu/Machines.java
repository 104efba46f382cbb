// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import dev.banger.hypervisor.Disk;
import dev.banger.hypervisor.MachineConfig;
import dev.banger.hypervisor.PortForward;
import dev.banger.kernel.BootFiles;
import dev.banger.vm.VmNetwork;
import java.nio.file.Path;
import java.util.List;

/** Machine configurations for tests. */
final class Machines {
  static final VmNetwork NETWORK =
      new VmNetwork("52:54:00:00:00:01", "10.0.2.15/24", "10.0.2.2", List.of(), "127.0.0.1", 0);

  private Machines() {}

  /** The same machine with another run directory. */
  static MachineConfig in(MachineConfig config, Path runtimeDirectory) {
    return new MachineConfig(
        config.vmId(),
        config.name(),
        config.vcpus(),
        config.memoryMib(),
        config.boot(),
        config.kernelArguments(),
        config.disks(),
        config.network(),
        config.portForwards(),
        runtimeDirectory,
        config.consoleLog(),
        config.consoleLimitBytes());
  }

  /** The same machine with another kernel. */
  static MachineConfig booting(MachineConfig config, BootFiles boot) {
    return new MachineConfig(
        config.vmId(),
        config.name(),
        config.vcpus(),
        config.memoryMib(),
        boot,
        config.kernelArguments(),
        config.disks(),
        config.network(),
        config.portForwards(),
        config.runtimeDirectory(),
        config.consoleLog(),
        config.consoleLimitBytes());
  }

  /** A machine of which nothing exists. */
  static MachineConfig described(
      Path directory, List<Disk> disks, VmNetwork network, List<PortForward> forwards) {
    return new MachineConfig(
        "0123456789ab",
        "box",
        2,
        512,
        new BootFiles(directory.resolve("kernel"), directory.resolve("initramfs"), true),
        List.of("banger.one=1", "banger.two=2"),
        disks,
        network,
        forwards,
        directory,
        directory.resolve("console.log"),
        4096);
  }
}
