// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * Runs the steps of a start in order. When one fails, it and those before it are undone in reverse,
 * and every error is kept.
 */
final class StartPipeline {
  /** Is told of each step that has ended. */
  @FunctionalInterface
  interface Observer {
    /**
     * @param millis how long it took
     * @param failure why it failed, or null
     */
    void ended(StartStep step, long millis, BangerException failure);
  }

  private StartPipeline() {}

  static void run(List<StartStep> steps, Operation operation, Observer observer) {
    Deque<StartStep> begun = new ArrayDeque<>();
    for (StartStep step : steps) {
      long begin = System.nanoTime();
      try {
        operation.check();
        begun.push(step);
        if (step.stage() != null) {
          operation.progress().stage(step.name(), step.stage());
        }
        FaultPoint.around("start." + step.name(), step.run()::run);
        observer.ended(step, VmEvents.since(begin), null);
      } catch (Exception | Error e) {
        // Whatever capabilities throw, and be it that the host has no thread left, the rest is
        // undone.
        Failures.requireWorkingJava(e);
        BangerException error = named(step, e);
        observer.ended(step, VmEvents.since(begin), error);
        undo(begun, error);
        throw error;
      }
    }
  }

  private static void undo(Deque<StartStep> begun, BangerException error) {
    // A thread that was interrupted could wait for nothing and write no file.
    boolean interrupted = Thread.interrupted();
    try {
      Failures undone = new Failures();
      begun.forEach(done -> undone.attempt("undoing the step " + done.name(), done.undo()));
      undone.attachTo(error);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static BangerException named(StartStep step, Throwable e) {
    if (e instanceof BangerException banger) {
      return banger;
    }
    return new BangerException(
        ErrorCode.OPERATION_FAILED, "the step " + step.name() + " of the start failed: " + e, e);
  }
}
