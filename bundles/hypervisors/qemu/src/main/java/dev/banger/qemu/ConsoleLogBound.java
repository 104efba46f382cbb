// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps console logs within their bounds: a log that has grown beyond its bound is cut in place,
 * and its last part kept beside it as {@code <name>.1}. The VMM appends, so it goes on writing at
 * the new end. What a guest writes while no daemon runs is cut when one runs again.
 */
final class ConsoleLogBound implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ConsoleLogBound.class);
  private static final long PERIOD_SECONDS = 2;

  /** As much of a log as is kept when it is cut, at most. */
  private static final long KEPT_BYTES = 1 << 20;

  private final Map<Path, Long> limits = new ConcurrentHashMap<>();
  private ScheduledExecutorService timer;
  private boolean closed;

  /** Keeps a log within its bound from now on. */
  synchronized void watch(Path log, long limitBytes) {
    if (closed) {
      return; // Another version of this driver does.
    }
    limits.put(log, limitBytes);
    if (timer == null) {
      timer =
          Executors.newSingleThreadScheduledExecutor(
              task -> {
                Thread thread = new Thread(task, "console-log-bound");
                thread.setDaemon(true);
                return thread;
              });
      timer.scheduleWithFixedDelay(this::cutAll, 0, PERIOD_SECONDS, TimeUnit.SECONDS);
    }
  }

  /** Leaves a log alone. */
  void forget(Path log) {
    limits.remove(log);
    stopIfIdle();
  }

  /** The last log takes the timer with it. */
  private synchronized void stopIfIdle() {
    if (limits.isEmpty()) {
      stop();
    }
  }

  private void cutAll() {
    limits.forEach(
        (log, limit) -> {
          try {
            cut(log, limit);
          } catch (NoSuchFileException e) {
            limits.remove(log);
          } catch (IOException | RuntimeException e) {
            LOG.warn("the console log {} cannot be kept within {} bytes", log, limit, e);
          }
        });
    stopIfIdle();
  }

  static void cut(Path log, long limit) throws IOException {
    if (Files.size(log) <= limit) {
      return;
    }
    try (FileChannel channel =
        FileChannel.open(log, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      long kept = Math.min(KEPT_BYTES, limit);
      ByteBuffer tail = ByteBuffer.allocate((int) kept);
      channel.read(tail, Math.max(0, channel.size() - kept));
      keep(log.resolveSibling(log.getFileName() + ".1"), tail.flip());
      channel.truncate(0);
    }
  }

  /** A new file each time: an old one may be a link, or readable for others. */
  private static void keep(Path file, ByteBuffer tail) throws IOException {
    Files.deleteIfExists(file);
    try (FileChannel channel =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      while (tail.hasRemaining()) {
        channel.write(tail);
      }
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    stop();
  }

  private synchronized void stop() {
    if (timer != null) {
      timer.shutdown(); // a log that is being cut is cut to the end
      timer = null;
    }
  }
}
