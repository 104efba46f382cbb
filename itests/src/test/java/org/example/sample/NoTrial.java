// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.sample;

import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;

/** Starts everywhere but in the new daemon of an update. */
public final class NoTrial implements BundleActivator {
  @Override
  public void start(BundleContext context) throws BundleException {
    if (context.getProperty("banger.trial") != null) {
      throw new BundleException("not in this home");
    }
  }

  @Override
  public void stop(BundleContext context) {
    // Nothing was begun.
  }
}
