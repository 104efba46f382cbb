// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The memory of a daemon, as the kernel tells it: proc(5).
 *
 * @param pid of the daemon
 */
record DaemonMemory(long pid) {
  private static final String FORGET_PEAK = "5";

  double residentMib() throws IOException {
    return mib("VmRSS");
  }

  /** The most since {@link #forgetPeak}. */
  double peakMib() throws IOException {
    return mib("VmHWM");
  }

  void forgetPeak() throws IOException {
    Files.writeString(file("clear_refs"), FORGET_PEAK);
  }

  private double mib(String field) throws IOException {
    Matcher value =
        Pattern.compile(field + ":\\s*(\\d+) kB").matcher(Files.readString(file("status")));
    if (!value.find()) {
      throw new IllegalStateException("the daemon has ended");
    }
    return Long.parseLong(value.group(1)) / 1024.0;
  }

  private Path file(String name) {
    return Path.of("/proc", Long.toString(pid), name);
  }
}
