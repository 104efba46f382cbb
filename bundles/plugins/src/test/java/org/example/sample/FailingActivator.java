// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.sample;

import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/** Cannot be started. */
public final class FailingActivator implements BundleActivator {
  @Override
  public void start(BundleContext context) {
    throw new IllegalStateException("will not start");
  }

  @Override
  public void stop(BundleContext context) {
    // It never runs.
  }
}
