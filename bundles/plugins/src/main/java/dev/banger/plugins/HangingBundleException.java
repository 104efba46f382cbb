// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;

/** A bundle whose jar is gone does not come to its end: only that of the daemon ends it. */
final class HangingBundleException extends BundleException {
  private static final long serialVersionUID = 1L;

  HangingBundleException(Bundle bundle) {
    super(
        bundle.getSymbolicName()
            + " "
            + bundle.getVersion()
            + " hangs while it is stopped: its jar is gone, its code is not. Until then no other"
            + " jar of bundles/ is taken: 'banger daemon stop', and the next command starts the"
            + " daemon without it");
  }
}
