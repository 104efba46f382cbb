// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.storage;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The room that is left for a piece of work. Some host tools, apt among them, wait for ever when a
 * disk fills under them; so what they do is ended when hardly anything is left.
 */
public final class FreeSpace {
  /** What is as good as full. */
  static final long LEAST = 8L << 20;

  private static final long PERIOD_MILLIS = 250;

  private final Path directory;
  private final LongSupplier free;

  /**
   * The room of the file system that holds a directory.
   *
   * @param directory one that is there
   */
  public static FreeSpace of(Path directory) {
    // Not through FileStore, which needs a mount table and so fails in a chroot.
    return new FreeSpace(directory, () -> directory.toFile().getUsableSpace());
  }

  FreeSpace(Path directory, LongSupplier free) {
    this.directory = directory;
    this.free = free;
  }

  /** Work that takes room. */
  @FunctionalInterface
  public interface Work<T, E extends Exception> {
    /** Does it; the operation ends when no room is left. */
    T run(Operation operation) throws E;
  }

  /**
   * Does a piece of work while there is room for it.
   *
   * @throws BangerException NO_SPACE when there is none, or none is left in the middle
   * @throws E what the work throws
   */
  public <T, E extends Exception> T during(Operation caller, Work<T, E> work) throws E {
    requireSome(null);
    Operation own = caller.reportingTo(caller.progress());
    ScheduledExecutorService timer =
        Executors.newSingleThreadScheduledExecutor(FreeSpace::watching);
    try {
      var unused =
          timer.scheduleWithFixedDelay(
              () -> look(own), PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
      return work.run(own);
    } catch (RuntimeException e) {
      if (own.ended() && !caller.ended()) {
        throw full(e);
      }
      throw e;
    } finally {
      timer.shutdownNow();
    }
  }

  private void look(Operation work) {
    if (free.getAsLong() < LEAST) {
      work.cancel("no space left in " + directory);
    }
  }

  private void requireSome(Throwable cause) {
    if (free.getAsLong() < LEAST) {
      throw full(cause);
    }
  }

  private BangerException full(Throwable cause) {
    return new BangerException(
        ErrorCode.NO_SPACE,
        "no space left in " + directory + "; free some, then give the command again",
        cause);
  }

  private static Thread watching(Runnable task) {
    Thread thread = new Thread(task, "banger-free-space");
    thread.setDaemon(true);
    return thread;
  }
}
