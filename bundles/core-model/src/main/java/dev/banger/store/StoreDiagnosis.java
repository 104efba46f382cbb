// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.store;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/**
 * How the database stands and what a repair would make of it.
 *
 * @param database its file
 * @param condition how it stands
 * @param detail what was seen, for a person
 * @param repairable whether a repair would change anything
 * @param sources where the records of the repaired database would come from, in the order in which
 *     they are read; empty when nothing can be read, or nothing is to be repaired
 * @param copies the copies that were kept before migrations, newest first
 */
public record StoreDiagnosis(
    Path database,
    Condition condition,
    String detail,
    boolean repairable,
    List<Source> sources,
    List<Copy> copies) {
  public StoreDiagnosis {
    sources = List.copyOf(sources);
    copies = List.copyOf(copies);
  }

  /** How a database stands. */
  public enum Condition {
    /** It can be used as it is. */
    SOUND,
    /** There is none yet. */
    MISSING,
    /** It, or a record in it, cannot be read. */
    DAMAGED,
    /** A newer release made it. */
    NEWER,
    /** Another program made it. */
    FOREIGN
  }

  /**
   * A file whose records would be taken over.
   *
   * @param file the database itself or a copy
   * @param machines how many machines
   * @param images how many images
   * @param events how many events
   * @param unreadable how many records were met that cannot be read; what lies on pages that cannot
   *     be read at all is not among them
   */
  public record Source(Path file, int machines, int images, int events, int unreadable) {}

  /**
   * A copy that was kept.
   *
   * @param file where
   * @param keptAt when
   * @param problem why it cannot be used; null when it can
   * @param machines how many machines it has; 0 with a problem
   * @param images how many images it has; 0 with a problem
   */
  public record Copy(Path file, Instant keptAt, String problem, int machines, int images) {}
}
