// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GuestClockTest {
  private static final List<String> UNKNOWN = List.of("tsc=reliable", "no_timer_check");

  @TempDir Path home;
  private Path cpuInfo;
  private Path baseFrequency;

  @BeforeEach
  void nameFiles() {
    cpuInfo = home.resolve("cpuinfo");
    baseFrequency = home.resolve("base_frequency");
  }

  @Test
  void the_base_frequency_is_the_rate_when_the_host_tells_it() throws IOException {
    Files.writeString(baseFrequency, "2100000\n");
    Files.writeString(cpuInfo, "model name\t: A Processor @ 3.30GHz\ncpu MHz\t\t: 1200.000\n");

    assertThat(arguments()).containsExactly("tsc=reliable", "tsc_early_khz=2100000");
  }

  @ParameterizedTest
  @CsvSource({
    "Intel(R) Xeon(R) CPU E5-2686 v4 @ 2.30GHz, 2300000",
    "Intel(R) Core(TM) i7 CPU       Q 720  @ 1.60GHz, 1600000",
    "Intel(R) Xeon(R) Platinum @ 3GHz, 3000000"
  })
  void the_nominal_rate_of_the_models_name_goes_before_the_present_one(String model, long kilohertz)
      throws IOException {
    Files.writeString(cpuInfo, "model name\t: " + model + "\ncpu MHz\t\t: 1200.000\n");

    assertThat(arguments()).containsExactly("tsc=reliable", "tsc_early_khz=" + kilohertz);
  }

  @Test
  void the_present_rate_serves_where_no_nominal_one_is_told() throws IOException {
    Files.writeString(
        cpuInfo,
        """
        processor\t: 0
        model name\t: AMD EPYC 7571
        cpu MHz\t\t: 2199.998
        processor\t: 1
        cpu MHz\t\t: 3000.000
        """);

    assertThat(arguments()).containsExactly("tsc=reliable", "tsc_early_khz=2199998");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "processor\t: 0\nBogoMIPS\t: 50.00\n",
        "model name\t: X @ ...GHz\n",
        "model name\t: X @ 0.00GHz\n",
        "cpu MHz\t\t: 0.000\n",
        "cpu MHz\t\t: 1.2.3\n",
        "cpu MHz\t\t: 99999999999999999999999\n",
        "cpu MHz\t\t: 1\n"
      })
  void a_rate_that_is_not_told_or_cannot_be_is_left_out(String text) throws IOException {
    Files.writeString(cpuInfo, text);

    assertThat(arguments()).isEqualTo(UNKNOWN);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "unknown", "0", "-2100000", "9223372036854775808"})
  void an_odd_base_frequency_leaves_the_rate_to_the_processors_name(String text)
      throws IOException {
    Files.writeString(baseFrequency, text);
    Files.writeString(cpuInfo, "model name\t: X @ 2.50GHz\n");

    assertThat(arguments()).containsExactly("tsc=reliable", "tsc_early_khz=2500000");
  }

  @Test
  void files_that_are_missing_or_unreadable_leave_the_rate_out() throws IOException {
    assertThat(arguments()).isEqualTo(UNKNOWN);

    Files.createDirectory(cpuInfo);
    Files.createDirectory(baseFrequency);
    assertThat(arguments()).isEqualTo(UNKNOWN);
  }

  @Test
  void bytes_that_are_no_text_are_passed_over() throws IOException {
    Files.write(cpuInfo, new byte[] {(byte) 0xff, '\n'});
    assertThat(arguments()).isEqualTo(UNKNOWN);
  }

  private List<String> arguments() {
    return new GuestClock(cpuInfo, baseFrequency).kernelArguments();
  }
}
