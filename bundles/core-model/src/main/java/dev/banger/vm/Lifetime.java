// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vm;

import java.time.Duration;
import java.time.Instant;

/**
 * When a machine ends by itself. A warning event comes before either end.
 *
 * @param expiresAt when it is deleted, whatever it does then; null: never
 * @param idleStop for how long it may be idle before it is stopped; null: for ever
 */
public record Lifetime(Instant expiresAt, Duration idleStop) {
  /** Until somebody ends it. */
  public static final Lifetime UNLIMITED = new Lifetime(null, null);
}
