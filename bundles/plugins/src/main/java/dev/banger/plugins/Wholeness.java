// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.operation.Operation;
import dev.banger.plugin.Plugin;
import dev.banger.plugin.PluginProblem;
import dev.banger.plugin.PluginService;
import dev.banger.plugin.PluginState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;

/**
 * Whether banger is whole: every jar of {@code system/} is installed, runs and says itself that it
 * works.
 */
final class Wholeness {
  private static final Duration LOOK = Duration.ofMillis(50);

  /** Checks may cost more than a look, such as a copy of the database. */
  private static final Duration ASK = Duration.ofSeconds(1);

  private static final Duration STEADY = Duration.ofSeconds(15);

  private final BundleContext context;
  private final Installation installation;
  private final PluginService plugins;
  private final OwnSelfChecks checks;

  Wholeness(BundleContext context, Installation installation, PluginService plugins) {
    this.context = context;
    this.installation = installation;
    this.plugins = plugins;
    this.checks = new OwnSelfChecks(context, installation::isPart);
  }

  /**
   * Looks until it is whole, the time is over, or nothing has changed for long although every jar
   * is installed.
   *
   * @return what is wrong; empty when it is whole
   */
  List<String> await(Duration limit) {
    Operation operation = Operation.background().within(limit);
    List<String> problems = List.of();
    long since = System.nanoTime();
    while (true) {
      List<String> now = problems();
      boolean asked = now.isEmpty();
      if (asked) {
        now = checks.problems(operation);
      }
      if (now.isEmpty()) {
        return now;
      }
      if (!now.equals(problems) || !missing().isEmpty()) {
        since = System.nanoTime();
      }
      problems = now;
      if (operation.ended() || System.nanoTime() - since >= STEADY.toNanos()) {
        return problems;
      }
      operation.pause(asked ? ASK : LOOK);
    }
  }

  private List<String> problems() {
    List<String> problems = new ArrayList<>(missing());
    Set<String> own = new HashSet<>();
    for (Plugin each : plugins.list(true)) {
      own.add(each.name());
      if (each.own() && each.state() != PluginState.ACTIVE) {
        problems.add(
            each.name()
                + ": "
                + plugins.why(each.name()).stream()
                    .map(PluginProblem::message)
                    .collect(Collectors.joining(", ")));
      }
    }
    for (Bundle each : context.getBundles()) {
      if (installation.isPart(each) && !own.contains(each.getSymbolicName()) && !runs(each)) {
        problems.add(each.getSymbolicName() + " does not run");
      }
    }
    return problems;
  }

  private List<String> missing() {
    Set<Path> installed = new HashSet<>();
    for (Bundle each : context.getBundles()) {
      installation.file(each).ifPresent(installed::add);
    }
    return jars().stream()
        .filter(each -> !installed.contains(each))
        .map(each -> each.getFileName() + " is not installed")
        .toList();
  }

  private static boolean runs(Bundle bundle) {
    return bundle.getState() == Bundle.ACTIVE
        || bundle.getState() == Bundle.STARTING
        || bundle.getHeaders("").get(Constants.FRAGMENT_HOST) != null;
  }

  private List<Path> jars() {
    try (Stream<Path> files = Files.walk(installation.system())) {
      return files.filter(each -> each.toString().endsWith(".jar")).map(Path::normalize).toList();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
