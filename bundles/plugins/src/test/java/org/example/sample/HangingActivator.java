// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.sample;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/** Starts, and does not come to the end of its stop until {@link #release}. */
public final class HangingActivator implements BundleActivator {
  @Override
  public void start(BundleContext context) {
    // It has nothing to do.
  }

  @Override
  public void stop(BundleContext context) {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.interrupted(); // The framework's thread goes on with its work.
    }
  }

  /** Ends the stops that hang, of bundles with class loaders of their own. */
  public static void release() {
    for (Map.Entry<Thread, StackTraceElement[]> each : Thread.getAllStackTraces().entrySet()) {
      if (Arrays.stream(each.getValue())
          .anyMatch(
              frame ->
                  frame.getClassName().equals(HangingActivator.class.getName())
                      && frame.getMethodName().equals("stop"))) {
        each.getKey().interrupt();
      }
    }
  }
}
