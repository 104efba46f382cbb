// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** How long a person waits for a machine, and how long for the same one typed by hand. */
final class MachineBenchmarks {
  private static final int RUNS = 5;
  private static final Duration BOOT_LIMIT = Duration.ofMinutes(2);

  /** What systemd says once it has nothing more to start; degraded: with units that failed. */
  private static final Set<String> BOOTED = Set.of("running", "degraded");

  private final Home home;

  MachineBenchmarks(Home home) {
    this.home = home;
  }

  void run() throws Exception {
    double first = home.banger("vm", "run", "--rm", "--", "true");
    Report.number("first 'vm run --rm -- true', empty home: makes image, kernel (ms)", first);
    compareWithQemu();
    lives();
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
    Report.number("hand-typed qemu until the guest's agent answers (ms)", Report.median(byHand));
    Report.number("'banger vm run --rm -- true', warm (ms)", Report.median(ours));
    Report.number("ratio", Report.median(ours) / Report.median(byHand));
  }

  /** One machine alone, then two at once, in turns. */
  private void lives() throws IOException, InterruptedException {
    List<Double> alone = new ArrayList<>();
    List<Double> both = new ArrayList<>();
    List<Double> stop = new ArrayList<>();
    List<Double> deleteStopped = new ArrayList<>();
    List<Double> deleteRunning = new ArrayList<>();
    for (int i = 0; i < RUNS; i++) {
      alone.add(home.banger(boot("one").toArray(String[]::new)));
      awaitBooted("one");
      stop.add(home.banger("vm", "stop", "one"));
      deleteStopped.add(home.banger("vm", "delete", "one"));
      both.add(home.atOnce(List.of(boot("one"), boot("another"))));
      awaitBooted("one");
      deleteRunning.add(home.banger("vm", "delete", "one"));
      home.banger("vm", "delete", "another");
    }
    Report.number("'banger vm run -d', one alone (ms)", Report.median(alone));
    Report.number("two of them at once, until both run (ms)", Report.median(both));
    Report.number("  ratio", Report.median(both) / Report.median(alone));
    Report.number("'banger vm stop' of a guest that has booted (ms)", Report.median(stop));
    Report.number("'banger vm delete' of a stopped machine (ms)", Report.median(deleteStopped));
    Report.number("'banger vm delete' of a running machine (ms)", Report.median(deleteRunning));
  }

  private static List<String> boot(String name) {
    return List.of(
        "vm", "run", "-d", "--name", name, "--vcpu", "1", "--memory", HandTypedQemu.MEMORY);
  }

  /** The agent answers before the image's init has started everything. */
  private void awaitBooted(String name) throws IOException, InterruptedException {
    long end = System.nanoTime() + BOOT_LIMIT.toNanos();
    while (!BOOTED.contains(
        home.output("vm", "exec", "-n", name, "--", "systemctl", "is-system-running").strip())) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException("the guest " + name + " does not come to rest");
      }
      Thread.sleep(100);
    }
  }
}
