// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A call into the code of a bundle, or of the framework while that waits for such code: either may
 * hang. It has a thread of its own, which is left behind when its time is up.
 */
final class BoundedCall {
  private BoundedCall() {}

  /**
   * Calls, and waits for the result.
   *
   * @param name of the thread
   * @throws TimeoutException when it did not end in time; its thread was interrupted
   * @throws ExecutionException with what it threw
   */
  static <T> T within(Duration limit, String name, Callable<T> call)
      throws TimeoutException, ExecutionException {
    FutureTask<T> task = new FutureTask<>(call);
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
    try {
      return task.get(limit.toMillis() + 1, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      thread.interrupt();
      throw e;
    } catch (InterruptedException e) {
      thread.interrupt();
      Thread.currentThread().interrupt();
      throw new BangerException(ErrorCode.CANCELLED, "interrupted", e);
    }
  }
}
