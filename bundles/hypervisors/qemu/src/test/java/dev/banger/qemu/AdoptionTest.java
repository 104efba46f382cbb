// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.hypervisor.MachineHandle;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Machines that another daemon, or another version of this driver, has started. */
@Timeout(60)
class AdoptionTest {
  @TempDir Path home;

  @Test
  void one_that_is_found_alive_is_looked_after_although_nobody_opens_its_agent()
      throws IOException {
    RunFiles files = RunFiles.in(Files.createDirectory(home.resolve("run")));
    Path log = Files.writeString(home.resolve("console.log"), "a".repeat(101));
    ConsoleBound.write(files, log, 100);
    ProcessIdentity self =
        new ProcessTable(Path.of("/proc")).identify(ProcessHandle.current().pid()).orElseThrow();
    MachineHandle handle =
        new MachineHandle(
            "qemu",
            self.pid(),
            self.startTime(),
            self.bootId(),
            "tcg",
            files.controlSocket(),
            files.agentSocket());
    QemuHypervisor qemu = new QemuFixture().hypervisor(home);
    try {
      assertThat(qemu.alive(handle)).isTrue();
      Operation.background()
          .within(Duration.ofSeconds(20))
          .await(() -> log.toFile().length() == 0, Duration.ofMillis(5));
    } finally {
      qemu.deactivate();
    }
  }
}
