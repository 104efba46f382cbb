// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Prints the numbers of the README for this host: each a median, side by side with what a user
 * would otherwise do where there is such a thing.
 */
public final class Benchmarks {
  private static final int RUNS = 5;

  private final Home home;

  private Benchmarks(Home home) {
    this.home = home;
  }

  /**
   * Runs all benchmarks.
   *
   * @param arguments the assembled distribution's directory
   */
  public static void main(String[] arguments) throws Exception {
    Path directory = Files.createTempDirectory(Path.of("/tmp"), "banger-bench-");
    try (Home home = new Home(Path.of(arguments[0]).toRealPath(), directory)) {
      new Benchmarks(home).run();
    }
  }

  private void run() throws Exception {
    double first = home.banger("vm", "run", "--rm", "--", "true");
    print("first 'vm run --rm -- true' with an empty home (makes image and kernel)", first);
    daemonStart();
    print("resident memory of the idle daemon (MiB)", home.daemonMemoryMib());
    print("'banger vm list' (ms)", median(() -> home.banger("vm", "list")));
    compareWithQemu();
  }

  private void daemonStart() throws Exception {
    List<Double> starts = new ArrayList<>();
    List<Double> answers = new ArrayList<>();
    for (int i = 0; i < RUNS; i++) {
      home.banger("daemon", "stop");
      double start = home.daemonStart();
      starts.add(start);
      answers.add(start + home.banger("vm", "list"));
    }
    print("daemon start to its socket answering (ms)", middle(starts));
    print("daemon start to its first 'vm list' answered (ms)", middle(answers));
  }

  /** Taken in turns, so that whatever else the host does meets both alike. */
  private void compareWithQemu() throws Exception {
    List<Double> ours = new ArrayList<>();
    List<Double> byHand = new ArrayList<>();
    HandTypedQemu qemu = HandTypedQemu.asInstalledIn(home);
    for (int i = 0; i < RUNS; i++) {
      byHand.add(qemu.bootMillis());
      ours.add(
          home.banger(
              "vm", "run", "--rm", "--vcpu", "1", "--memory", HandTypedQemu.MEMORY, "--", "true"));
    }
    print("hand-typed qemu until the guest's agent answers (ms)", middle(byHand));
    print("'banger vm run --rm -- true', warm (ms)", middle(ours));
    print("ratio", middle(ours) / middle(byHand));
  }

  private interface Measured {
    double millis() throws IOException, InterruptedException;
  }

  private static double median(Measured measured) throws Exception {
    List<Double> values = new ArrayList<>();
    for (int i = 0; i < 4 * RUNS; i++) {
      values.add(measured.millis());
    }
    return middle(values);
  }

  private static double middle(List<Double> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }

  private static void print(String what, double value) {
    System.out.printf("%-75s %10.2f%n", what, value);
  }
}
