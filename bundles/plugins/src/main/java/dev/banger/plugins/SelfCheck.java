// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.operation.Operation;
import dev.banger.plugin.PluginProblem;
import dev.banger.plugin.PluginProblem.Kind;
import dev.banger.plugin.PluginSelfCheck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;

/**
 * Says whether a bundle that has just been installed or updated does what its predecessor did: it
 * runs, its components have what they need and can be activated, what was published before is
 * published again, and its own checks pass.
 */
final class SelfCheck {
  /** A component that lacks nothing publishes its services at once; a bundle may be slower. */
  private static final Duration UNPUBLISHED = Duration.ofSeconds(3);

  private static final Duration START = Duration.ofSeconds(3);

  private static final Duration PAUSE = Duration.ofMillis(10);

  private final BundleContext context;
  private final Components components;
  private final Diagnosis diagnosis;

  SelfCheck(BundleContext context, Components components, Diagnosis diagnosis) {
    this.context = context;
    this.components = components;
    this.diagnosis = diagnosis;
  }

  /**
   * Looks until all is well, something is wrong for good, or the time is over.
   *
   * @param before what its predecessor did
   * @return what is wrong; empty when all is well
   */
  List<PluginProblem> run(Bundle bundle, Snapshot before, Duration limit) {
    Operation operation = Operation.background().within(limit);
    List<PluginProblem> problems;
    do {
      awaitStart(bundle, operation);
      problems = look(bundle, before, operation);
      // One that is being restarted meanwhile has shown nothing.
    } while (problems.isEmpty() && !runs(bundle) && !operation.ended());
    return problems.isEmpty() && !runs(bundle)
        ? List.of(Diagnosis.notStarted(bundle, null))
        : problems;
  }

  private List<PluginProblem> look(Bundle bundle, Snapshot before, Operation operation) {
    List<PluginProblem> problems = start(bundle, operation);
    if (problems.isEmpty()) {
      problems = awaitSettled(bundle, before, operation);
    }
    if (problems.isEmpty()) {
      problems = inThread(() -> useAll(bundle, operation), operation);
    }
    return problems;
  }

  static boolean runs(Bundle bundle) {
    return bundle.getState() == Bundle.ACTIVE || isFragment(bundle);
  }

  private static boolean isFragment(Bundle bundle) {
    return bundle.getHeaders("").get(Constants.FRAGMENT_HOST) != null;
  }

  /** Whoever watches {@code bundles/} has more to do with it before it starts it. */
  private static void awaitStart(Bundle bundle, Operation operation) {
    long deadline = System.nanoTime() + START.toNanos();
    while (!runs(bundle)
        && bundle.getState() != Bundle.UNINSTALLED
        && !operation.ended()
        && System.nanoTime() - deadline < 0) {
      operation.pause(PAUSE);
    }
  }

  private List<PluginProblem> start(Bundle bundle, Operation operation) {
    if (isFragment(bundle)) {
      return List.of();
    }
    try {
      BoundedCall.within(
          Collections.max(List.of(START, operation.remaining().orElseThrow())),
          "plugin-start",
          () -> {
            bundle.start(Bundle.START_TRANSIENT | Bundle.START_ACTIVATION_POLICY);
            return bundle;
          });
      return List.of();
    } catch (TimeoutException e) {
      return List.of(
          new PluginProblem(
              Kind.NOT_STARTED, bundle.getSymbolicName(), "its start did not end in time"));
    } catch (ExecutionException e) {
      List<PluginProblem> unmet = diagnosis.unmet(bundle);
      return unmet.isEmpty() ? List.of(Diagnosis.notStarted(bundle, e)) : unmet;
    }
  }

  private List<PluginProblem> awaitSettled(Bundle bundle, Snapshot before, Operation operation) {
    long unpublishedBy = System.nanoTime() + UNPUBLISHED.toNanos();
    List<PluginProblem> problems = lacking(bundle, before);
    while (!problems.isEmpty() && !isFinal(problems, unpublishedBy) && !operation.ended()) {
      operation.pause(PAUSE);
      problems = lacking(bundle, before);
    }
    return problems;
  }

  private static boolean isFinal(List<PluginProblem> problems, long unpublishedBy) {
    boolean onlyUnpublished = problems.stream().allMatch(each -> each.kind() == Kind.SERVICE);
    return problems.stream().anyMatch(each -> each.kind() == Kind.ACTIVATION)
        || onlyUnpublished && System.nanoTime() - unpublishedBy >= 0;
  }

  private List<PluginProblem> lacking(Bundle bundle, Snapshot before) {
    List<PluginProblem> problems = new ArrayList<>();
    if (!components.knowAllOf(bundle)) {
      problems.add(
          new PluginProblem(
              Kind.NOT_STARTED,
              bundle.getSymbolicName(),
              "not all components that it declares are known to Declarative Services"));
    }
    for (ComponentState each : components.of(bundle)) {
      if (!before.waiting().contains(each.name())
          && each.condition() != ComponentState.Condition.UNSATISFIED_CONFIGURATION) {
        problems.addAll(diagnosis.problems(bundle, each));
      }
    }
    Set<String> gone = new LinkedHashSet<>(before.services());
    gone.removeAll(Snapshot.interfaces(Snapshot.published(bundle)));
    for (String service : gone) {
      problems.add(
          new PluginProblem(
              Kind.SERVICE,
              bundle.getSymbolicName(),
              "it does not publish the service " + service + ", which it did before"));
    }
    return problems;
  }

  /** Makes each component of a service exist, and asks those that know for themselves. */
  private List<PluginProblem> useAll(Bundle bundle, Operation operation) {
    for (ServiceReference<?> each : Snapshot.published(bundle)) {
      List<PluginProblem> problems = ask(context, bundle, each, operation);
      if (!problems.isEmpty()) {
        return problems;
      }
    }
    return components.of(bundle).stream()
        .filter(each -> each.condition() == ComponentState.Condition.FAILED)
        .flatMap(each -> diagnosis.problems(bundle, each).stream())
        .toList();
  }

  /** Makes a service of a bundle exist, and asks it when it knows for itself. */
  static List<PluginProblem> ask(
      BundleContext context, Bundle bundle, ServiceReference<?> service, Operation operation) {
    try {
      if (context.getService(service) instanceof PluginSelfCheck check) {
        check.check(operation);
      }
      return List.of();
    } catch (RuntimeException | LinkageError e) {
      return List.of(
          selfCheckFailed(bundle, e.getMessage() == null ? e.toString() : e.getMessage()));
    } finally {
      context.ungetService(service);
    }
  }

  private static PluginProblem selfCheckFailed(Bundle bundle, String why) {
    return new PluginProblem(
        Kind.SELF_CHECK, bundle.getSymbolicName(), "its own check failed: " + why);
  }

  /** Code of a bundle that may hang: it is left behind then. */
  static List<PluginProblem> inThread(Callable<List<PluginProblem>> work, Operation operation) {
    try {
      return BoundedCall.within(operation.remaining().orElseThrow(), "plugin-self-check", work);
    } catch (TimeoutException e) {
      return List.of(
          new PluginProblem(
              Kind.ACTIVATION,
              "self-check",
              "its components or its own check did not end in time"));
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }
}
