// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.sample;

import dev.banger.operation.Operation;
import dev.banger.plugin.PluginSelfCheck;
import java.util.concurrent.CountDownLatch;

/** A plugin whose check ends for an interruption alone. */
public final class HangingSelfCheck implements PluginSelfCheck {
  @Override
  public void check(Operation operation) {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
