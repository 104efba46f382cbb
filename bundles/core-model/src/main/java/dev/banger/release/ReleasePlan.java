// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.release;

import java.util.List;

/**
 * What the update to a release would do. The release was found to be whole.
 *
 * @param from the version that is installed
 * @param to the version of the release
 * @param sha256 the digest of the release's list of files, which says what all of them are
 * @param way how it would be done
 * @param reasons why the daemon has to be started anew for it; empty unless it has
 * @param changes the files that change, in the order in which they would
 * @param unchanged how many files stay what they are
 */
public record ReleasePlan(
    String from,
    String to,
    String sha256,
    Way way,
    List<String> reasons,
    List<ReleaseChange> changes,
    int unchanged) {
  public ReleasePlan {
    reasons = List.copyOf(reasons);
    changes = List.copyOf(changes);
  }

  /** How an installation comes to another release. */
  public enum Way {
    /** One bundle after another, while the daemon runs. */
    LIVE,
    /** All files at once, between the end of one daemon and the start of the next. */
    RESTART
  }
}
