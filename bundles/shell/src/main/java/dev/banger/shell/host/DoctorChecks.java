// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.host;

import dev.banger.doctor.DoctorCheck;
import dev.banger.doctor.Finding;
import dev.banger.error.BangerException;
import dev.banger.operation.Operation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.FieldOption;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.MDC;

/** All checks of the host, run side by side. None can hold up or break the others. */
@Component(service = DoctorChecks.class)
public final class DoctorChecks {
  private static final Duration LIMIT = Duration.ofSeconds(5);

  private final Duration limit;
  private final ExecutorService executor =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "banger-doctor");
            thread.setDaemon(true);
            return thread;
          });

  @Reference(
      cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY,
      fieldOption = FieldOption.REPLACE)
  private volatile List<DoctorCheck> checks = List.of();

  @Activate
  public DoctorChecks() {
    this(LIMIT);
  }

  DoctorChecks(Duration limit) {
    this.limit = limit;
  }

  DoctorChecks(Duration limit, List<DoctorCheck> checks) {
    this.limit = limit;
    this.checks = checks;
  }

  /** The checks there are now: another list as soon as one comes or goes. */
  List<DoctorCheck> checks() {
    return checks;
  }

  /** What all checks find, in their order. */
  public List<Finding> examine(Operation operation) {
    Operation bounded = operation.within(limit);
    List<DoctorCheck> now = checks;
    List<Future<List<Finding>>> results = new ArrayList<>();
    for (DoctorCheck check : now) {
      results.add(executor.submit(() -> examine(check, bounded)));
    }
    List<Finding> findings = new ArrayList<>();
    for (int i = 0; i < now.size(); i++) {
      findings.addAll(result(now.get(i), results.get(i), bounded));
    }
    operation.check();
    return findings;
  }

  private static List<Finding> examine(DoctorCheck check, Operation operation) {
    try (MDC.MDCCloseable unused = MDC.putCloseable("op_id", operation.id())) {
      return List.copyOf(check.examine(operation));
    }
  }

  private static List<Finding> result(
      DoctorCheck check, Future<List<Finding>> result, Operation bounded) {
    try {
      long left = bounded.remaining().orElseThrow().toMillis();
      return result.get(Math.max(1, left), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      result.cancel(true);
      bounded.cancel("the check took too long");
      return List.of(unfinished(check, "did not end in time"));
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      String what = cause instanceof BangerException ? cause.getMessage() : cause.toString();
      return List.of(unfinished(check, "failed: " + what));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of(unfinished(check, "was interrupted"));
    }
  }

  private static Finding unfinished(DoctorCheck check, String what) {
    String name = check.getClass().getSimpleName();
    return Finding.fail(
        name.isEmpty() ? check.getClass().getName() : name,
        "the check " + what,
        "look into the daemon's log ('banger daemon status' names it)");
  }

  /** Ends the threads. */
  @Deactivate
  public void deactivate() {
    executor.shutdownNow();
  }
}
