// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import dev.banger.host.BangerDirectories;
import dev.banger.host.HostCommands;
import dev.banger.hypervisor.Disk;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.hypervisor.MachineConfig;
import dev.banger.hypervisor.PortForward;
import dev.banger.kernel.BootFiles;
import dev.banger.operation.Operation;
import dev.banger.testkit.hypervisor.HypervisorFixture;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** QEMU under TCG with a guest that only halts. */
final class QemuFixture implements HypervisorFixture {
  private final HostCommands commands = new PlainHostCommands();

  @Override
  public Optional<String> hindrance() {
    return List.of("qemu-system-x86_64", "qemu-img").stream()
        .filter(program -> commands.find(program).isEmpty())
        .findFirst()
        .map(program -> program + " is not installed here");
  }

  @Override
  public QemuHypervisor hypervisor(Path home) {
    return hypervisor(home, commands);
  }

  QemuHypervisor hypervisor(Path home, HostCommands hostCommands) {
    return hypervisor(home, hostCommands, "qemu-system-x86_64");
  }

  QemuHypervisor hypervisor(Path home, HostCommands hostCommands, String program) {
    return new QemuHypervisor(
        hostCommands,
        new Directories(home),
        new QemuSettings(program, QemuSettings.Accelerator.TCG));
  }

  @Override
  public MachineConfig machine(Hypervisor hypervisor, Path home) throws IOException {
    Path files = Files.createDirectory(home.resolve("it's \"odd\", isn't=it: \\ %s"));
    Path kernel = HaltedGuest.write(files.resolve("halted.elf"));
    Path initramfs = Files.write(files.resolve("initramfs"), new byte[512]);
    Path image = Files.write(files.resolve("image.raw"), new byte[1 << 20]);
    Disk root =
        hypervisor.createRootDisk(
            image, files.resolve("root, disk.qcow2"), 4 << 20, Operation.background());
    return new MachineConfig(
        "0123456789ab",
        "halted",
        1,
        64,
        new BootFiles(kernel, initramfs, true),
        List.of(),
        List.of(root),
        Machines.NETWORK,
        List.of(new PortForward("127.0.0.1", freePort(), 22)),
        Files.createDirectory(files.resolve("run")),
        files.resolve("console.log"),
        4096);
  }

  @Override
  public String consoleWord() {
    return HaltedGuest.WORD;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private record Directories(Path home) implements BangerDirectories {
    @Override
    public Path configuration() {
      return home.resolve("config");
    }

    @Override
    public Path state() {
      return home.resolve("state");
    }

    @Override
    public Path cache() {
      return home.resolve("cache");
    }

    @Override
    public Path run() {
      return home.resolve("run");
    }
  }
}
