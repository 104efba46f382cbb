// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import java.nio.file.Files;
import java.nio.file.Path;
import org.osgi.framework.BundleContext;

/**
 * Whether this daemon still has to show that its release works: until then the previous one may
 * return.
 */
final class ReleaseTrial {
  private final boolean onTrial;
  private final Path journal;

  ReleaseTrial(BundleContext context) {
    this(context.getProperty("banger.trial"), context.getProperty("banger.distribution"));
  }

  /**
   * @param trial not null in a daemon that was started on trial
   * @param distribution the installation's directory; null in another host
   */
  ReleaseTrial(String trial, String distribution) {
    this.onTrial = trial != null && distribution != null;
    this.journal = onTrial ? Path.of(distribution, "update", "journal") : null;
  }

  boolean goesOn() {
    return onTrial && Files.exists(journal);
  }
}
