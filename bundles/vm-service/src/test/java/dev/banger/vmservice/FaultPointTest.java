// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class FaultPointTest {
  @TempDir Path directory;
  private FaultPoint faults;

  @BeforeEach
  void create() {
    faults = new FaultPoint(directory);
  }

  @Test
  void points_are_written_down_when_somebody_wants_them() throws IOException {
    faults.at("stop.intent:before");
    assertThat(directory).isEmptyDirectory();
    Path trace = Files.createFile(directory.resolve("trace"));
    faults.at("stop.intent:before");
    faults.at("stop.intent:after");
    assertThat(trace).hasContent("stop.intent:before\nstop.intent:after\n");
  }

  @Test
  void the_first_who_comes_to_the_point_is_held_until_told() throws Exception {
    Files.writeString(directory.resolve("hold"), "stop.intent:after");
    Thread held = new Thread(() -> faults.at("stop.intent:after"));
    held.start();
    while (!Files.exists(directory.resolve("held"))) {
      Thread.onSpinWait();
    }
    faults.at("stop.intent:after");
    assertThat(held.isAlive()).isTrue();
    Files.delete(directory.resolve("held"));
    held.join(30_000);
    assertThat(held.isAlive()).isFalse();
  }

  @Test
  void nobody_is_held_at_another_point() throws IOException {
    Files.writeString(directory.resolve("hold"), "stop.intent:after");
    faults.at("stop.intent:before");
    assertThat(directory.resolve("hold")).exists();
    assertThat(directory.resolve("held")).doesNotExist();
  }
}
