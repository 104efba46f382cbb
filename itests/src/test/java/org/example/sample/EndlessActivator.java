// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.sample;

import java.util.concurrent.CountDownLatch;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/** Starts and never comes to the end of its stop, whoever interrupts it. */
public final class EndlessActivator implements BundleActivator {
  @Override
  public void start(BundleContext context) {
    // It has nothing to do.
  }

  @Override
  public void stop(BundleContext context) {
    CountDownLatch never = new CountDownLatch(1);
    while (never.getCount() > 0) {
      try {
        never.await();
      } catch (InterruptedException e) {
        // It does not care.
      }
    }
  }
}
