// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.doctor.DoctorCheck;
import dev.banger.doctor.Finding;
import dev.banger.error.BangerException;
import dev.banger.operation.Operation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** Asks all checks at once; one that fails or takes too long becomes a finding itself. */
final class Examination {
  private static final Logger LOG = LoggerFactory.getLogger(Examination.class);
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final List<DoctorCheck> checks;
  private final Executor executor;
  private final Duration limit;

  Examination(List<DoctorCheck> checks, Executor executor) {
    this(checks, executor, LIMIT);
  }

  Examination(List<DoctorCheck> checks, Executor executor, Duration limit) {
    this.checks = List.copyOf(checks);
    this.executor = executor;
    this.limit = limit;
  }

  /** What all checks found, by their names. */
  List<Finding> run(Operation operation) {
    Operation bounded = operation.within(limit);
    List<FutureTask<List<Finding>>> tasks = new ArrayList<>();
    for (DoctorCheck check : checks) {
      FutureTask<List<Finding>> task =
          new FutureTask<>(
              () -> {
                try (MDC.MDCCloseable id = MDC.putCloseable("op_id", operation.id())) {
                  return List.copyOf(check.examine(bounded));
                }
              });
      tasks.add(task);
      executor.execute(task);
    }
    List<Finding> findings = new ArrayList<>();
    try (Operation.Registration registration =
        operation.onCancel(() -> tasks.forEach(task -> task.cancel(true)))) {
      for (int i = 0; i < checks.size(); i++) {
        findings.addAll(result(checks.get(i), tasks.get(i), bounded));
        operation.check();
      }
    }
    findings.sort(Comparator.comparing(Finding::check));
    return findings;
  }

  private List<Finding> result(
      DoctorCheck check, FutureTask<List<Finding>> task, Operation bounded) {
    try {
      Duration left = bounded.remaining().orElse(limit);
      return task.get(left.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      task.cancel(true);
      return failed(check, "did not answer within " + limit.toSeconds() + " s");
    } catch (ExecutionException e) {
      LOG.warn("A check failed: {}", check.getClass().getName(), e.getCause());
      return failed(
          check,
          e.getCause() instanceof BangerException known
              ? known.getMessage()
              : "failed: " + e.getCause());
    } catch (java.util.concurrent.CancellationException e) {
      bounded.check();
      return failed(check, "was cancelled");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return failed(check, "was interrupted");
    }
  }

  private static List<Finding> failed(DoctorCheck check, String detail) {
    return List.of(
        Finding.fail(
            check.getClass().getSimpleName(), detail, "look into the daemon's log for details"));
  }
}
