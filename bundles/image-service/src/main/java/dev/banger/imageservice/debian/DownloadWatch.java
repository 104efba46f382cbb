// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import dev.banger.operation.Progress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Reports as progress how a number of bytes grows, until it is closed. */
final class DownloadWatch implements AutoCloseable {
  private static final long PERIOD_MILLIS = 250;

  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "banger-download-watch");
            thread.setDaemon(true);
            return thread;
          });
  private final LongSupplier bytes;
  private final Progress progress;
  private final String stage;
  private final String message;
  private final long total;
  private long last;

  /**
   * Begins to watch.
   *
   * @param total all bytes, or -1 when unknown
   */
  DownloadWatch(Progress progress, String stage, String message, LongSupplier bytes, long total) {
    this.bytes = bytes;
    this.progress = progress;
    this.stage = stage;
    this.message = message;
    this.total = total;
    var unused =
        timer.scheduleWithFixedDelay(
            this::look, PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** The bytes of a directory's files; 0 for what is not there or may not be seen. */
  static long bytesIn(Path directory, String glob) {
    long sum = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, glob)) {
      for (Path file : files) {
        sum += Files.size(file);
      }
    } catch (IOException | java.nio.file.DirectoryIteratorException e) {
      // A file that is renamed while we look is counted the next time.
      return sum;
    }
    return sum;
  }

  private void look() {
    try {
      long now = total >= 0 ? Math.min(bytes.getAsLong(), total) : bytes.getAsLong();
      if (now > last) {
        last = now;
        progress.bytes(stage, message, now, total);
      }
    } catch (UncheckedIOException e) {
      // Progress is a courtesy: what cannot be seen now may be seen the next time.
      return;
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
