// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * How a guest under TCG learns the rate of its time stamp counter, which is the host's. Left alone
 * it measures the rate against the emulated timer; on a busy host the measurement fails now and
 * then and the boot hangs for ever.
 */
final class GuestClock {
  private static final Pattern NOMINAL = Pattern.compile("model name\\s*:.*@ ([0-9.]+)GHz");
  private static final Pattern CURRENT = Pattern.compile("cpu MHz\\s*:\\s*([0-9.]+)");

  /** No processor of a 64-bit host is slower or faster: what says so is wrong. */
  private static final double SLOWEST_KILOHERTZ = 100e3;

  private static final double FASTEST_KILOHERTZ = 10e6;

  private final Path cpuInfo;
  private final Path baseFrequency;

  GuestClock(Path cpuInfo, Path baseFrequency) {
    this.cpuInfo = cpuInfo;
    this.baseFrequency = baseFrequency;
  }

  static GuestClock ofThisHost() {
    return new GuestClock(
        Path.of("/proc/cpuinfo"), Path.of("/sys/devices/system/cpu/cpu0/cpufreq/base_frequency"));
  }

  List<String> kernelArguments() {
    OptionalLong rate = kilohertz();
    return rate.isPresent()
        ? List.of("tsc=reliable", "tsc_early_khz=" + rate.getAsLong())
        : List.of("tsc=reliable", "no_timer_check");
  }

  /**
   * The counter runs at the processor's nominal rate, whatever rate the processor runs at just now.
   */
  private OptionalLong kilohertz() {
    String base = text(baseFrequency).strip();
    String processors = text(cpuInfo);
    return Stream.of(
            rate(base, 1),
            rate(first(NOMINAL, processors), 1e6),
            rate(first(CURRENT, processors), 1e3))
        .flatMapToLong(OptionalLong::stream)
        .findFirst();
  }

  private static OptionalLong rate(String number, double kilohertzPerUnit) {
    try {
      double kilohertz = Double.parseDouble(number) * kilohertzPerUnit;
      return kilohertz >= SLOWEST_KILOHERTZ && kilohertz <= FASTEST_KILOHERTZ
          ? OptionalLong.of(Math.round(kilohertz))
          : OptionalLong.empty();
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  private static String first(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    return matcher.find() ? matcher.group(1) : "";
  }

  private static String text(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return ""; // not every host has each file
    }
  }
}
