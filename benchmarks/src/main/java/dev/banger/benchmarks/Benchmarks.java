// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Prints banger's numbers on this host: each a median, side by side with what a user would
 * otherwise do where there is such a thing. Nothing is asserted.
 */
public final class Benchmarks {
  private static final Map<String, Group> GROUPS =
      new TreeMap<>(
          Map.of(
              "machines", (home, scratch) -> new MachineBenchmarks(home).run(),
              "daemon", (home, scratch) -> new DaemonBenchmarks(home).run(),
              "many", (home, scratch) -> new ManyMachines(home, scratch).run(),
              "platform", Benchmarks::platform,
              "images", (home, scratch) -> new ImageBenchmarks(home, scratch).run()));

  /** What belongs together. */
  @FunctionalInterface
  private interface Group {
    /**
     * Prints its numbers.
     *
     * @param home an installation in which nothing is yet
     * @param scratch a directory for other things, removed afterwards
     */
    void run(Home home, Path scratch) throws Exception;
  }

  private Benchmarks() {}

  /**
   * Runs benchmarks.
   *
   * @param arguments the assembled distribution's directory and, for one group alone, its name
   */
  public static void main(String[] arguments) throws Exception {
    Path distribution = Path.of(arguments[0]).toRealPath();
    for (String name : chosen(arguments)) {
      Report.group(name);
      try (TemporaryDirectory directory = TemporaryDirectory.create();
          Home home = new Home(distribution, directory.path().resolve("home"))) {
        GROUPS.get(name).run(home, directory.path());
      }
    }
  }

  /** With a copy of the distribution, in which plugins come and go. */
  private static void platform(Home home, Path scratch) throws Exception {
    new PlatformBenchmarks(home.withOwnDistribution(scratch.resolve("distribution")), scratch)
        .run();
  }

  private static List<String> chosen(String[] arguments) {
    if (arguments.length == 1) {
      return List.copyOf(GROUPS.keySet());
    }
    if (arguments.length != 2 || !GROUPS.containsKey(arguments[1])) {
      System.err.println("usage: benchmarks/run [" + String.join("|", GROUPS.keySet()) + "]");
      System.exit(2);
    }
    return List.of(arguments[1]);
  }
}
