// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.doctor.Finding;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DebianCheckTest {
  @TempDir Path home;
  private final FakeHost commands = new FakeHost();

  @Test
  void a_host_with_everything_passes() {
    assertThat(examine(commands.debian(home, "root")))
        .extracting(Finding::check)
        .containsExactly("apt-get", "mmdebstrap", "debian-keys", "kernel-build");
    assertThat(examine(commands.debian(home, "someone")))
        .hasSize(6)
        .allMatch(finding -> finding.status() == Finding.Status.PASS);
  }

  @Test
  void each_thing_that_is_missing_fails_alone() throws IOException {
    commands.missing.add("mmdebstrap");
    DebianHost host = commands.debian(home, "someone");
    Files.delete(home.resolve("keyring.gpg"));
    Files.delete(home.resolve("subuid"));

    assertThat(examine(host))
        .filteredOn(finding -> finding.status() == Finding.Status.FAIL)
        .extracting(Finding::check)
        .containsExactly("mmdebstrap", "debian-keys", "subordinate-ids");
  }

  private static List<Finding> examine(DebianHost host) {
    return new DebianCheck(host).examine(Operation.background());
  }
}
