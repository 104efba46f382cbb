// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.operation.Operation;
import dev.banger.operation.OperationStatus;
import java.time.Instant;

/** What is known of an operation. Safe for use by many threads. */
interface Trace {
  /**
   * What is known now.
   *
   * @param id of the operation
   */
  OperationStatus status(String id);

  /** Whether it ended before a time. */
  boolean endedBefore(Instant time);

  /**
   * Waits until nothing is reported any more, and passes on what is until then. A watcher that
   * takes its time holds up nobody else: it misses byte counts.
   *
   * @param watching whose progress gets the reports
   */
  void await(Operation watching);

  /** Nothing is reported any more, whether or not it is known how the operation ended. */
  void close();
}
