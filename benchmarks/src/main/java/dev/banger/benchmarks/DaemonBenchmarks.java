// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import java.util.ArrayList;
import java.util.List;

/** How soon the daemon is there, what it takes, how soon it answers. */
final class DaemonBenchmarks {
  private static final int STARTS = 5;
  private static final int ANSWERS = 20;

  private final Home home;

  DaemonBenchmarks(Home home) {
    this.home = home;
  }

  void run() throws Exception {
    home.banger("vm", "list");
    starts();
    Report.number("resident memory of the idle daemon (MiB)", home.daemonMemory().residentMib());
    List<Double> answers = new ArrayList<>();
    for (int i = 0; i < ANSWERS; i++) {
      answers.add(home.banger("vm", "list"));
    }
    Report.number("'banger vm list' (ms)", Report.median(answers));
  }

  private void starts() throws Exception {
    List<Double> starts = new ArrayList<>();
    List<Double> answers = new ArrayList<>();
    for (int i = 0; i < STARTS; i++) {
      home.banger("daemon", "stop");
      double start = home.daemonStart();
      starts.add(start);
      answers.add(start + home.banger("vm", "list"));
    }
    Report.number("daemon start to its socket answering (ms)", Report.median(starts));
    Report.number("daemon start to its first 'vm list' answered (ms)", Report.median(answers));
  }
}
