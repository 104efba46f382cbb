// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.vm.CreateVm;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantitiesTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0 bytes",
    "1000, 1000 bytes",
    "1024, 1 KiB",
    "8589934592, 8 GiB",
    "8589934593, 8589934593 bytes",
    "9126805504, 8704 MiB",
    "70368744177664, 64 TiB",
    "2251799813685248, 2048 TiB"
  })
  void a_size_is_told_exactly_in_the_largest_unit(long bytes, String told) {
    assertThat(Quantities.size(bytes)).isEqualTo(told);
  }

  @ParameterizedTest
  @CsvSource({"PT0.5S, 0s", "PT5S, 5s", "PT1M, 1m", "PT90M, 1h30m", "P3650D, 3650d"})
  void a_duration_is_told_as_it_is_given(Duration duration, String told) {
    assertThat(Quantities.duration(duration)).isEqualTo(told);
  }

  @Test
  void the_bounds_of_the_idle_time_are_told_as_they_are_given() {
    CreateVm request =
        new CreateVm(
            null, null, null, null, null, null, null, null, null, Duration.ofSeconds(5), null);
    assertThatThrownBy(() -> Lifetimes.check(request))
        .hasMessage("the idle time must be 1m to 3650d, not 5s");
  }
}
