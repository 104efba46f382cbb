// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The memory of a daemon, as the kernel tells it: proc(5).
 *
 * @param pid of the daemon
 */
record DaemonMemory(long pid) {
  private static final String FORGET_PEAK = "5";
  private static final Duration LONGEST_WORK = Duration.ofMinutes(1);
  private static final Duration REST = Duration.ofSeconds(1);

  /** What an idle daemon works in {@link #REST} all the same, in the kernel's ticks of 10 ms. */
  private static final Duration IDLE_WORK = Duration.ofMillis(20);

  double residentMib() throws IOException {
    return mib("VmRSS");
  }

  /**
   * The resident memory once the daemon rests, after at most a minute: what its start began goes on
   * behind its first answers.
   */
  double settledMib() throws IOException, InterruptedException {
    long end = System.nanoTime() + LONGEST_WORK.toNanos();
    Duration before = processorTime();
    while (System.nanoTime() < end) {
      Thread.sleep(REST.toMillis());
      Duration now = processorTime();
      if (now.minus(before).compareTo(IDLE_WORK) <= 0) {
        break;
      }
      before = now;
    }
    return residentMib();
  }

  /** What the daemon has worked since it was started. */
  Duration processorTime() {
    return ProcessHandle.of(pid)
        .flatMap(daemon -> daemon.info().totalCpuDuration())
        .orElseThrow(() -> new IllegalStateException("the daemon has ended"));
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
