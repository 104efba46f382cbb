// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.hypervisorpc;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Keeps console logs within their bounds: one that has outgrown it is cut in place, and its end is
 * kept beside it as {@code <name>.1}. QEMU appends, so it goes on at the new end.
 */
final class ConsoleLogs implements AutoCloseable {
  private static final long PERIOD_SECONDS = 2;

  private final Map<Path, ScheduledFuture<?>> watched = new HashMap<>();
  private final ScheduledThreadPoolExecutor timer =
      new ScheduledThreadPoolExecutor(
          1,
          task -> {
            Thread thread = new Thread(task, "pc-console-logs");
            thread.setDaemon(true);
            return thread;
          });

  /** Notes a log and its bound, and keeps it. */
  void start(RunFiles files, Path log, long limitBytes) {
    try {
      Files.write(files.console(), List.of(log.toString(), Long.toString(limitBytes)));
    } catch (IOException e) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED, files.console() + " cannot be written: " + e, e);
    }
    watch(log, limitBytes);
  }

  /** Goes on with what was noted, maybe by another process. */
  void adopt(RunFiles files) {
    try {
      List<String> lines = Files.readAllLines(files.console());
      watch(Path.of(lines.get(0)), Long.parseLong(lines.get(1)));
    } catch (IOException | RuntimeException e) {
      // Without it the log is only unbounded.
    }
  }

  /** Leaves the log of a machine alone. */
  synchronized void forget(RunFiles files) {
    try {
      ScheduledFuture<?> task = watched.remove(Path.of(Files.readAllLines(files.console()).get(0)));
      if (task != null) {
        task.cancel(false);
      }
    } catch (IOException | RuntimeException e) {
      // Nothing was noted: nothing is watched.
    }
  }

  private synchronized void watch(Path log, long limitBytes) {
    ScheduledFuture<?> task = watched.get(log);
    if (task == null || task.isDone()) {
      watched.put(
          log,
          timer.scheduleWithFixedDelay(
              () -> cut(log, limitBytes), 0, PERIOD_SECONDS, TimeUnit.SECONDS));
    }
  }

  /** A failure, as when the machine was deleted with its log, is the end of the watching. */
  private static void cut(Path log, long limitBytes) {
    if (!Files.exists(log)) {
      return; // QEMU has not made it yet
    }
    try (FileChannel all =
        FileChannel.open(log, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      if (all.size() > limitBytes) {
        Path kept = log.resolveSibling(log.getFileName() + ".1");
        Files.deleteIfExists(kept);
        try (FileChannel end =
            FileChannel.open(kept, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
          all.transferTo(all.size() - limitBytes, limitBytes, end);
        }
        all.truncate(0);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    timer.shutdown();
  }
}
