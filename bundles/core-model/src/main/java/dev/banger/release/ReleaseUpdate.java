// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.release;

import java.time.Instant;

/**
 * One update of the whole installation.
 *
 * @param from the version before
 * @param to the version of the new release
 * @param way how it is done
 * @param state where it stands
 * @param step what is being done now; null when it has ended
 * @param reason why it was given up; null unless it was
 * @param startedAt when it began
 * @param endedAt when it ended; null while it goes on
 */
public record ReleaseUpdate(
    String from,
    String to,
    ReleasePlan.Way way,
    State state,
    String step,
    String reason,
    Instant startedAt,
    Instant endedAt) {
  /** Where an update stands. */
  public enum State {
    RUNNING,
    /** The new release is at work. */
    DONE,
    /** The new one was no good; all of the previous one is at work again. */
    REVERTED,
    /** The new one was no good, and the previous one did not come back whole. */
    BROKEN
  }
}
