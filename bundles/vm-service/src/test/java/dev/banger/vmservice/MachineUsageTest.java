// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.operation.Operation;
import dev.banger.vm.VmStatistics;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class MachineUsageTest {
  @TempDir Path directory;
  private Platform platform;

  @BeforeEach
  void activate() {
    platform = new Platform(directory);
    platform.create("web");
  }

  @AfterEach
  void deactivate() {
    platform.close();
  }

  @Test
  void a_machine_that_does_not_run_uses_its_files_only() {
    VmStatistics statistics = statistics();
    assertThat(statistics.allocatedBytes()).isEqualTo(123_456);
    assertThat(statistics.machine()).isNull();
    assertThat(statistics.guest()).isNull();
    assertThat(statistics.guestError()).isNull();
  }

  @Test
  void a_running_machine_is_told_of_with_its_guest() {
    platform.start("web");
    VmStatistics statistics = statistics();
    assertThat(statistics.machine().residentBytes()).isEqualTo(1 << 20);
    assertThat(statistics.guest().memoryTotalBytes()).isEqualTo(256 << 20);
    assertThat(statistics.guestError()).isNull();
  }

  @Test
  void a_guest_that_does_not_answer_is_waited_for_no_longer_than_its_bound() {
    platform.start("web");
    platform.hypervisor.guestIsSilent = true;
    platform.restart(); // the connection is made anew
    long begin = System.nanoTime();
    VmStatistics statistics = statistics();
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(30));
    assertThat(statistics.machine()).isNotNull();
    assertThat(statistics.guest()).isNull();
    assertThat(statistics.guestError()).isEqualTo("its agent does not answer within 3 s");
  }

  @Test
  void a_machine_that_ends_while_it_is_asked_is_told_of_as_one_that_does_not_run() {
    platform.start("web");
    // The first look is for its record.
    platform.hypervisor.afterNextAlive(
        () -> platform.hypervisor.afterNextAlive(platform.hypervisor::killAll));
    VmStatistics statistics = statistics();
    assertThat(platform.hypervisor.running()).isZero();
    assertThat(statistics.machine()).isNull();
    assertThat(statistics.allocatedBytes()).isEqualTo(123_456);
  }

  private VmStatistics statistics() {
    return platform.machines().statistics("web", Operation.background());
  }
}
