// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import dev.banger.error.BangerException;
import dev.banger.operation.Operation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;

/**
 * Does pieces of work at once, up to a number; the first that fails ends the others.
 *
 * @param most how many at once; at least 1
 */
record ParallelWork(int most) {
  /**
   * Does all; once it returns or throws, none is going on.
   *
   * @param work takes a piece and the operation under which it is done
   * @throws BangerException of the piece that failed first
   */
  <T> void run(List<T> pieces, BiConsumer<T, Operation> work, Operation operation) {
    if (pieces.isEmpty()) {
      return;
    }
    Operation shared = operation.reportingTo(operation.progress());
    AtomicReference<Throwable> first = new AtomicReference<>();
    ExecutorService threads =
        Executors.newFixedThreadPool(
            Math.min(most, pieces.size()),
            task -> {
              Thread thread = new Thread(task, "banger-image-pull");
              thread.setDaemon(true);
              return thread;
            });
    try {
      List<Future<?>> futures = new ArrayList<>();
      for (T piece : pieces) {
        futures.add(threads.submit(() -> attempt(piece, work, shared, first)));
      }
      for (Future<?> future : futures) {
        await(future, shared);
      }
    } finally {
      threads.shutdownNow();
    }
    if (first.get() instanceof Error error) {
      throw error;
    }
    if (first.get() instanceof RuntimeException failure) {
      throw failure;
    }
  }

  private static <T> void attempt(
      T piece, BiConsumer<T, Operation> work, Operation shared, AtomicReference<Throwable> first) {
    try {
      shared.check();
      work.accept(piece, shared);
    } catch (RuntimeException | Error e) {
      first.compareAndSet(null, e);
      shared.cancel("another part of the pull failed");
    }
  }

  /** Waits to the end even when interrupted: the pieces are cancelled and leave at once. */
  private static void await(Future<?> future, Operation shared) {
    boolean interrupted = false;
    while (true) {
      try {
        future.get();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
        shared.cancel("interrupted");
      } catch (ExecutionException e) {
        throw new AssertionError("an attempt keeps what it throws", e);
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
