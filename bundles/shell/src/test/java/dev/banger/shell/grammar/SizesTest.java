// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SizesTest {
  @ParameterizedTest
  @CsvSource({
    "1, 1048576",
    "3072, 3221225472",
    "4KiB, 4096",
    "4K, 4096",
    "4kb, 4096",
    "512MiB, 536870912",
    "512M, 536870912",
    "8G, 8589934592",
    "8GB, 8589934592",
    "8gib, 8589934592",
    "1T, 1099511627776",
    "8 G, 8589934592",
    "007M, 7340032",
  })
  void reads_a_size(String text, long bytes) {
    assertThat(Sizes.parse(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @CsvSource({
    "0, zero",
    "0G, zero",
    "-1, negative",
    "-8G, negative",
    "8X, unknown unit 'X'",
    "8GiBs, unknown unit 'GiBs'",
    "8B, unknown unit 'B'",
    "8P, unknown unit 'P'",
    "1.5G, not a size",
    "G, not a size",
    "'', not a size",
    "0x10M, not a size",
    "1e3, not a size",
    "99999999999999999999, more than can be counted",
    "8388608T, more than can be counted",
    "٣G, not a size",
  })
  void refuses_what_is_no_size(String text, String reason) {
    assertThatThrownBy(() -> Sizes.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "1023, 1023 B",
    "1024, 1 KiB",
    "1536, 1.5 KiB",
    "1048575, 1 MiB",
    "536870912, 512 MiB",
    "8589934592, 8 GiB",
    "13207024435, 12.3 GiB",
    "9223372036854775807, 8 EiB",
  })
  void shows_a_size(long bytes, String text) {
    assertThat(Sizes.format(bytes)).isEqualTo(text);
  }

  @Property
  void a_whole_size_that_was_shown_is_read_back(
      @ForAll @LongRange(min = 1, max = 1023) long count, @ForAll @IntRange(max = 3) int unit) {
    long bytes = count << 10 * (unit + 1);
    assertThat(Sizes.parse(Sizes.format(bytes))).isEqualTo(bytes);
  }

  @Property
  void any_text_is_a_positive_size_or_refused(@ForAll @StringLength(max = 24) String text) {
    try {
      assertThat(Sizes.parse(text)).isPositive();
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageContaining(text);
    }
  }
}
