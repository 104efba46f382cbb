// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.capability.Capability;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Calls hooks, each in a thread of its own: one that hangs is left behind when its time is up,
 * since its caller holds the lock of a machine.
 */
final class HookCalls {
  private static final Logger LOG = LoggerFactory.getLogger(HookCalls.class);

  /**
   * What a hook has for its retreat after its operation has ended, and once more when interrupted.
   */
  private static final Duration RETREAT = Duration.ofSeconds(2);

  private final Supplier<Duration> limit;

  /**
   * @param limit what each call may take
   */
  HookCalls(Supplier<Duration> limit) {
    this.limit = limit;
  }

  /** What a hook does. */
  @FunctionalInterface
  interface Action<T> {
    void run(T service, Operation operation);
  }

  /**
   * Calls a hook and returns when it has.
   *
   * @throws BangerException what the hook threw, with its capability and bundle in the message;
   *     DEADLINE_EXCEEDED or CANCELLED when it did not return: it may still be running then
   */
  <T extends Capability> void call(Hook<T> hook, Vm vm, Operation operation, Action<T> action) {
    operation.check();
    Operation limited = operation.within(limit.get());
    CompletableFuture<Void> outcome = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> run(hook, limited, action, outcome),
            "capability %s for %s".formatted(hook.capability(), vm.name()));
    thread.setDaemon(true);
    thread.setContextClassLoader(hook.service().getClass().getClassLoader());
    thread.start();
    try {
      await(outcome, limited);
      if (!outcome.isDone()) {
        endHanging(thread, outcome, limited);
      }
    } catch (InterruptedException e) {
      limited.cancel("interrupted");
      thread.interrupt();
      Thread.currentThread().interrupt();
      throw new BangerException(
          ErrorCode.CANCELLED, "interrupted while calling " + hook.label(), e);
    }
    if (!outcome.isDone()) {
      operation.check();
      throw hanging(hook);
    }
    result(hook, outcome);
  }

  private static <T extends Capability> void run(
      Hook<T> hook, Operation operation, Action<T> action, CompletableFuture<Void> outcome) {
    try (MDC.MDCCloseable id = MDC.putCloseable("op_id", operation.id())) {
      action.run(hook.service(), operation);
      outcome.complete(null);
    } catch (Throwable e) {
      // Whatever it is, the caller must hear of it.
      outcome.completeExceptionally(e);
    }
  }

  /** Waits for the outcome while the operation goes on. */
  private static void await(CompletableFuture<Void> outcome, Operation operation)
      throws InterruptedException {
    CountDownLatch wakeUp = new CountDownLatch(1);
    CompletableFuture<Void> unusedStage = outcome.whenComplete((none, e) -> wakeUp.countDown());
    try (Operation.Registration cancelled = operation.onCancel(wakeUp::countDown)) {
      // Whether it was woken or the time is up is seen at the outcome.
      boolean unused =
          wakeUp.await(operation.remaining().orElseThrow().toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  private static void endHanging(
      Thread thread, CompletableFuture<Void> outcome, Operation operation)
      throws InterruptedException {
    operation.cancel("its time is up");
    await(outcome, Operation.background().within(RETREAT));
    if (!outcome.isDone()) {
      thread.interrupt();
      await(outcome, Operation.background().within(RETREAT));
    }
  }

  private BangerException hanging(Hook<?> hook) {
    LOG.warn("{} hangs; its thread is left behind", hook.label());
    return new BangerException(
        ErrorCode.DEADLINE_EXCEEDED,
        "%s did not come to its end within %d s; update or remove it, or give it more time by capabilityTimeoutSeconds"
            .formatted(hook.label(), limit.get().toSeconds()));
  }

  private static void result(Hook<?> hook, CompletableFuture<Void> outcome) {
    try {
      outcome.join();
    } catch (CompletionException e) {
      throw named(hook, e.getCause());
    }
  }

  private static BangerException named(Hook<?> hook, Throwable e) {
    if (e instanceof BangerException banger) {
      return new BangerException(banger.code(), hook.label() + ": " + banger.getMessage(), banger);
    }
    Failures.requireWorkingJava(e);
    return new BangerException(
        ErrorCode.OPERATION_FAILED, "%s failed: %s".formatted(hook.label(), e), e);
  }
}
