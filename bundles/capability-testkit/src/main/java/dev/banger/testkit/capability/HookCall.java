// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.testkit.capability;

import dev.banger.capability.Capability;
import dev.banger.operation.Operation;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** One call of a hook, in a thread of its own. */
final class HookCall {
  /** What banger gives a hook for its retreat before it interrupts it. */
  private static final Duration RETREAT = Duration.ofSeconds(2);

  private final Capability service;
  private final String hook;
  private final Operation operation;
  private final CompletableFuture<Void> outcome = new CompletableFuture<>();

  /**
   * @param operation has a deadline
   */
  HookCall(Capability service, String hook, Operation operation) {
    this.service = service;
    this.hook = hook;
    this.operation = operation;
  }

  /**
   * Returns when the hook has.
   *
   * @throws RuntimeException what the hook threw
   * @throws AssertionError when the hook did not return soon after its operation had ended; it has
   *     been interrupted then
   */
  void run(Consumer<Operation> action) {
    Thread thread = new Thread(() -> complete(action), label());
    thread.setDaemon(true);
    thread.setContextClassLoader(service.getClass().getClassLoader());
    thread.start();
    await();
    if (!outcome.isDone()) {
      thread.interrupt();
      throw new AssertionError(
          "%s did not return within %d s after its operation had ended: whatever waits in it must take the operation, or ask it"
              .formatted(label(), RETREAT.toSeconds()));
    }
    try {
      outcome.join();
    } catch (CompletionException e) {
      throw unwrapped(e.getCause());
    }
  }

  private void complete(Consumer<Operation> action) {
    try {
      action.accept(operation);
      outcome.complete(null);
    } catch (Throwable e) {
      // Whatever it is, the test must hear of it.
      outcome.completeExceptionally(e);
    }
  }

  /** Waits until the hook has returned, or its operation ended and its retreat is over. */
  private void await() {
    CountDownLatch ended = new CountDownLatch(1);
    CompletableFuture<Void> unused = outcome.whenComplete((none, e) -> ended.countDown());
    try (Operation.Registration cancelled = operation.onCancel(ended::countDown)) {
      if (!waited(ended, operation.remaining().orElseThrow())) {
        // As banger does, for those who only listen.
        operation.cancel("its time is up");
      }
    }
    CountDownLatch returned = new CountDownLatch(1);
    CompletableFuture<Void> alsoUnused = outcome.whenComplete((none, e) -> returned.countDown());
    boolean inTime = waited(returned, RETREAT);
  }

  private static boolean waited(CountDownLatch latch, Duration time) {
    try {
      return latch.await(time.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("the test was interrupted", e);
    }
  }

  private static RuntimeException unwrapped(Throwable e) {
    if (e instanceof RuntimeException runtime) {
      return runtime;
    }
    if (e instanceof Error error) {
      throw error;
    }
    return new IllegalStateException(e);
  }

  private String label() {
    return "%s of capability %s".formatted(hook, service.capability());
  }
}
