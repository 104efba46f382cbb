// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import java.util.ArrayList;
import java.util.List;

/** How long a person waits for a machine, and how long for the same one typed by hand. */
final class MachineBenchmarks {
  private static final int RUNS = 5;

  private final Home home;

  MachineBenchmarks(Home home) {
    this.home = home;
  }

  void run() throws Exception {
    double first = home.banger("vm", "run", "--rm", "--", "true");
    Report.number("first 'vm run --rm -- true', empty home: makes image, kernel (ms)", first);
    compareWithQemu();
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
}
