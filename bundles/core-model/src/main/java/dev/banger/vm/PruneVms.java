// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vm;

import java.time.Duration;
import java.util.Map;

/**
 * Which machines are to be removed: those that do not run, or never ran and were created more than
 * an hour ago.
 *
 * @param unused for how long a machine must not have been used; null: any time
 * @param labels labels that it must have, all of them
 * @param dryRun whether to tell only which they are
 */
public record PruneVms(Duration unused, Map<String, String> labels, boolean dryRun) {
  public PruneVms {
    labels = labels == null ? Map.of() : Map.copyOf(labels);
  }
}
