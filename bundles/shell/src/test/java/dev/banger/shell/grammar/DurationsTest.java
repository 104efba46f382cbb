// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine.TypeConversionException;

class DurationsTest {
  @ParameterizedTest
  @CsvSource({
    "90s, PT90S",
    "30m, PT30M",
    "2h, PT2H",
    "7d, PT168H",
    "1h30m, PT1H30M",
    "1d2h3m4s, PT26H3M4S",
    "1d1s, PT24H1S",
    "0h5m, PT5M",
    "36500d, PT876000H",
  })
  void reads_a_duration(String text, Duration duration) {
    assertThat(Durations.parse(text)).isEqualTo(duration);
  }

  @ParameterizedTest
  @CsvSource({
    "0s, zero",
    "0d0h, zero",
    "'', not a duration",
    "90, not a duration",
    "30m1h, not a duration",
    "1h1h, not a duration",
    "-5m, not a duration",
    "1.5h, not a duration",
    "5 m, not a duration",
    "5M, not a duration",
    "none, not a duration",
    "PT5M, not a duration",
    "٣m, not a duration",
    "36501d, too long",
    "36500d1s, too long",
    "99999999999999999999s, too long",
    "9223372036854775807d, too long",
  })
  void refuses_what_is_none(String text, String why) {
    assertThatThrownBy(() -> Durations.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
    assertThatThrownBy(() -> new DurationOption().convert(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessageContaining(why);
  }

  @Test
  void a_limit_may_be_none() {
    assertThat(new LimitOption().convert("none")).isEqualTo(Duration.ZERO);
    assertThat(new LimitOption().convert("2h")).isEqualTo(Duration.ofHours(2));
    assertThatThrownBy(() -> new LimitOption().convert("0s")).hasMessageContaining("zero");
  }

  @Property
  void what_is_shown_can_be_read_again(
      @ForAll @LongRange(min = 1, max = 36_500L * 86_400) long seconds) {
    Duration duration = Duration.ofSeconds(seconds);
    assertThat(Durations.parse(Durations.format(duration))).isEqualTo(duration);
  }

  @Property
  void reads_or_refuses_whatever_is_typed(@ForAll @StringLength(max = 12) String text) {
    try {
      assertThat(Durations.parse(text)).isPositive();
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageContaining(text);
    }
  }
}
