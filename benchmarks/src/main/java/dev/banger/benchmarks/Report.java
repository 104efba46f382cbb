// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What is printed: one line a number. */
final class Report {
  private Report() {}

  /** Begins a group; what else the host does matters to all its numbers. */
  static void group(String name) throws IOException {
    String load = Files.readString(Path.of("/proc/loadavg")).split(" ")[0];
    System.out.printf(
        "%n%s (%d processors, load average %s)%n",
        name, Runtime.getRuntime().availableProcessors(), load);
  }

  static void number(String what, double value) {
    System.out.printf("%-75s %10.2f%n", what, value);
  }

  static void remark(String text) {
    System.out.println(text);
  }

  /** A row of a table. */
  static void row(Object... cells) {
    for (Object cell : cells) {
      System.out.printf("%20s", cell);
    }
    System.out.println();
  }

  /** The value that this share of the values does not exceed. */
  static double percentile(List<Double> values, double share) {
    List<Double> sorted = values.stream().sorted().toList();
    return sorted.get((int) Math.ceil(share * sorted.size()) - 1);
  }

  static double median(List<Double> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }
}
