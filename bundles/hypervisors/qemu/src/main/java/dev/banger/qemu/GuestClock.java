// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a guest under TCG learns the rate of its time stamp counter, which is the host's. Left alone
 * it measures the rate against the emulated timer; on a busy host the measurement fails now and
 * then and the boot hangs for ever.
 */
final class GuestClock {
  private static final Pattern NOMINAL = Pattern.compile("model name\\s*:.*@ ([0-9.]+)GHz");
  private static final Pattern CURRENT = Pattern.compile("cpu MHz\\s*:\\s*([0-9.]+)");

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
    try {
      if (Files.exists(baseFrequency)) {
        return OptionalLong.of(Long.parseLong(Files.readString(baseFrequency).strip()));
      }
      String text = Files.readString(cpuInfo);
      Matcher nominal = NOMINAL.matcher(text);
      if (nominal.find()) {
        return OptionalLong.of(Math.round(Double.parseDouble(nominal.group(1)) * 1e6));
      }
      Matcher current = CURRENT.matcher(text);
      return current.find()
          ? OptionalLong.of(Math.round(Double.parseDouble(current.group(1)) * 1e3))
          : OptionalLong.empty();
    } catch (IOException | NumberFormatException e) {
      return OptionalLong.empty();
    }
  }
}
