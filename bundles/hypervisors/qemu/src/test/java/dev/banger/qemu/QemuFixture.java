// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import dev.banger.host.BangerDirectories;
import dev.banger.host.HostCommands;
import dev.banger.testkit.PlainHostCommands;
import dev.banger.testkit.hypervisor.HypervisorFixture;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** QEMU under TCG. */
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
