// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.operation;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Where an operation's progress goes: a terminal, a log, a socket. Implementations never throw and
 * never block for long; they may be called by several threads.
 */
@ConsumerType
public interface Progress {
  /** Progress that nobody watches. */
  Progress NONE = event -> {};

  /** Takes one event. */
  void report(ProgressEvent event);

  /**
   * A stage has begun.
   *
   * @param stage its stable name, such as {@code boot}; words joined by underscores
   * @param message what happens, for a person
   */
  default void stage(String stage, String message) {
    report(new ProgressEvent(stage, message, -1, -1));
  }

  /**
   * So many bytes of a stage are done.
   *
   * @param stage its stable name
   * @param message what the bytes are, for a person
   * @param done bytes so far
   * @param total all bytes, or -1 when unknown
   */
  default void bytes(String stage, String message, long done, long total) {
    report(new ProgressEvent(stage, message, done, total));
  }
}
