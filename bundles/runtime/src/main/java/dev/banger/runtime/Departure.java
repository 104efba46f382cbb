// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;

/** Why a server leaves. */
enum Departure {
  /** The daemon ends: nobody comes after it. */
  END,
  /** Its bundle is updated: another version comes. */
  UPDATE,
  /** Something that it uses is updated: the same code comes again. */
  RENEWAL;

  /** That of a bundle's components as things are now. */
  static Departure of(BundleContext context) {
    if (context.getBundle(0).getState() == Bundle.STOPPING) {
      return END;
    }
    return context.getBundle().getState() == Bundle.ACTIVE ? RENEWAL : UPDATE;
  }
}
