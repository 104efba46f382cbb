// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import dev.banger.operation.Progress;
import java.time.Duration;

/** Reports how a blob comes, not more often than a person can read. */
final class BlobProgress {
  private static final long PERIOD = Duration.ofMillis(100).toNanos();

  private final Progress progress;
  private final String stage;
  private final String message;
  private final long total;
  private long next = System.nanoTime();
  private long reported = -1;

  BlobProgress(Progress progress, String stage, String message, long total) {
    this.progress = progress;
    this.stage = stage;
    this.message = message;
    this.total = total;
  }

  /** So many bytes have come; the last ones are always reported, once. */
  synchronized void at(long done) {
    long now = System.nanoTime();
    if (done == reported || (done < total && now - next < 0)) {
      return;
    }
    next = now + PERIOD;
    reported = done;
    progress.bytes(stage, message, done, total);
  }
}
