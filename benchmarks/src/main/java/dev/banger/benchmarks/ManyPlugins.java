// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/** How soon a daemon is there that has many plugins, beside one without. */
final class ManyPlugins {
  private static final int PLUGINS = 60;
  private static final int STARTS = 5;

  private final Home home;

  /**
   * @param home without plugins
   */
  ManyPlugins(Home home) {
    this.home = home;
  }

  void run() throws IOException, InterruptedException {
    home.banger("vm", "list");
    starts("without plugins");
    for (int i = 1; i <= PLUGINS; i++) {
      plugin(i).in(home.bundles());
    }
    home.banger("daemon", "stop");
    starts("with " + PLUGINS + " plugins");
    for (int i = 1; i <= PLUGINS; i++) {
      Files.delete(home.bundles().resolve(plugin(i).name() + ".jar"));
    }
  }

  private static SamplePlugin plugin(int number) {
    return new SamplePlugin("sample-" + number);
  }

  /** Leaves the daemon stopped. */
  private void starts(String how) throws IOException, InterruptedException {
    List<Double> starts = new ArrayList<>();
    List<Double> answers = new ArrayList<>();
    List<Double> work = new ArrayList<>();
    for (int i = 0; i < STARTS; i++) {
      home.banger("daemon", "stop");
      double start = home.daemonStart();
      starts.add(start);
      answers.add(start + home.banger("vm", "list"));
      work.add((double) home.daemonMemory().processorTime().toMillis());
    }
    home.banger("daemon", "stop");
    Report.number(
        "daemon start %s to its socket answering (ms)".formatted(how), Report.median(starts));
    Report.number("  to its first 'vm list' answered (ms)", Report.median(answers));
    Report.number("  the daemon's processor time until then (ms)", Report.median(work));
  }
}
