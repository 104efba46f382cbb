// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import org.osgi.framework.BundleContext;

/**
 * Tells whether this process is banger's alone: its launcher says where the distribution lies,
 * other OSGi hosts do not.
 */
final class OwnProcess {
  private OwnProcess() {}

  static boolean is(BundleContext context) {
    return context.getProperty("banger.distribution") != null;
  }
}
