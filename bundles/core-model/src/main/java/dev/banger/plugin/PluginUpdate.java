// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugin;

import java.time.Instant;

/**
 * One update of a bundle.
 *
 * @param name the bundle's symbolic name
 * @param from the version that ran before
 * @param to the version of the new jar
 * @param sha256 the new jar's digest
 * @param state where it stands
 * @param reason why it was given up, or what stays of the version before one that is at work; else
 *     null
 * @param startedAt when it began
 * @param endedAt when it ended; null while it runs
 */
public record PluginUpdate(
    String name,
    String from,
    String to,
    String sha256,
    State state,
    String reason,
    Instant startedAt,
    Instant endedAt) {
  /** Where an update stands. */
  public enum State {
    RUNNING,
    /** The new bundle is at work. */
    DONE,
    /** The new one was no good; the previous one is at work again. */
    REVERTED,
    /** The new one was no good, and the previous one did not come back whole. */
    BROKEN
  }
}
