// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import dev.banger.benchmarks.JavaProcess.Holdings;
import java.io.IOException;

/** What the daemon holds while one of its bundles is updated again and again. */
final class UpdateLeak {
  private static final int UPDATES = 200;
  private static final int STEP = 20;

  private final Home home;

  /**
   * @param home whose daemon runs
   */
  UpdateLeak(Home home) {
    this.home = home;
  }

  void run(String bundle) throws IOException, InterruptedException {
    JavaProcess daemon = new JavaProcess(home.daemonPid());
    Report.remark(UPDATES + " updates of " + bundle + ", each row behind a collection of garbage:");
    Report.row("updates", "loaders of bundles", "classes", "metaspace KiB", "heap KiB", "threads");
    for (int updates = 0; updates <= UPDATES; updates += STEP) {
      if (updates > 0) {
        update(bundle, STEP);
      }
      row(updates, daemon.holdings());
    }
  }

  private void update(String bundle, int times) throws IOException, InterruptedException {
    for (int i = 0; i < times; i++) {
      home.banger("plugin", "update", bundle);
      home.banger("plugin", "wait", bundle);
    }
  }

  private static void row(int updates, Holdings holdings) {
    Report.row(
        updates,
        holdings.loaders(),
        holdings.classes(),
        holdings.metaspaceKib(),
        holdings.heapKib(),
        holdings.threads());
  }
}
