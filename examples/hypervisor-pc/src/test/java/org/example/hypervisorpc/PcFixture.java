// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.hypervisorpc;

import dev.banger.hypervisor.Hypervisor;
import dev.banger.testkit.PlainHostCommands;
import dev.banger.testkit.hypervisor.HypervisorFixture;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** PCs under TCG. */
final class PcFixture implements HypervisorFixture {
  static final String QEMU = "qemu-system-x86_64";

  private final PlainHostCommands commands = new PlainHostCommands();

  @Override
  public Optional<String> hindrance() {
    return Stream.of(QEMU, Disks.PROGRAM)
        .filter(program -> commands.find(program).isEmpty())
        .findFirst()
        .map(program -> program + " is not installed here");
  }

  @Override
  public Hypervisor hypervisor(Path home) {
    return new PcHypervisor(commands, QEMU, "tcg");
  }
}
