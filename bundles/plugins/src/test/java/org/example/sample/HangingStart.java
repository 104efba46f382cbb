// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.sample;

import java.util.concurrent.CountDownLatch;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/** Its start ends for an interruption alone. */
public final class HangingStart implements BundleActivator {
  @Override
  public void start(BundleContext context) throws InterruptedException {
    new CountDownLatch(1).await();
  }

  @Override
  public void stop(BundleContext context) {
    // It never runs.
  }
}
