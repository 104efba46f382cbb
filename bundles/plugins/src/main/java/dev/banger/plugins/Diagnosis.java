// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.plugin.PluginProblem;
import dev.banger.plugin.PluginProblem.Kind;
import dev.banger.plugins.ComponentState.MissingService;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;

/** Why bundles do not work, in words that a person understands. */
final class Diagnosis {
  private final BundleContext context;
  private final Components components;
  private final Requirements requirements;

  Diagnosis(BundleContext context, Components components) {
    this.context = context;
    this.components = components;
    this.requirements = new Requirements(context);
  }

  /** All that keeps a bundle, or a part of it, from working; empty when nothing does. */
  List<PluginProblem> problems(Bundle bundle) {
    if (bundle.getHeaders("").get(Constants.FRAGMENT_HOST) != null) {
      return bundle.getState() == Bundle.INSTALLED ? unmet(bundle) : List.of();
    }
    if (bundle.getState() == Bundle.INSTALLED) {
      List<PluginProblem> unmet = unmet(bundle);
      return unmet.isEmpty() ? List.of(notStarted(bundle, null)) : unmet;
    }
    if (bundle.getState() != Bundle.ACTIVE && bundle.getState() != Bundle.STARTING) {
      return List.of(notStarted(bundle, null));
    }
    List<PluginProblem> problems = new ArrayList<>();
    components.of(bundle).forEach(each -> problems.addAll(problems(bundle, each)));
    return problems;
  }

  /** The requirements of a bundle that nobody meets. */
  List<PluginProblem> unmet(Bundle bundle) {
    return requirements.unmet(bundle);
  }

  /** What one component lacks. */
  List<PluginProblem> problems(Bundle bundle, ComponentState component) {
    String name = shortName(component.name());
    return switch (component.condition()) {
      case SATISFIED -> List.of();
      case UNSATISFIED_REFERENCE ->
          component.missing().stream()
              .map(each -> new PluginProblem(Kind.REFERENCE, name, waits(bundle, name, each)))
              .toList();
      case UNSATISFIED_CONFIGURATION ->
          List.of(
              new PluginProblem(
                  Kind.CONFIGURATION, name, "component " + name + " waits for its configuration"));
      case FAILED ->
          List.of(
              new PluginProblem(
                  Kind.ACTIVATION,
                  name,
                  "component " + name + " failed: " + Exceptions.told(component.failure())));
    };
  }

  private String waits(Bundle bundle, String name, MissingService missing) {
    String matching = missing.target() == null ? "" : " that matches " + missing.target();
    String waiting = "component " + name + " waits for the service " + missing.service() + matching;
    List<Bundle> others = Arrays.asList(context.getBundles());
    List<Bundle> providers = components.providers(missing.service(), others);
    if (providers.isEmpty()) {
      return waiting + ", which no bundle here offers";
    }
    Bundle provider = providers.get(0);
    if (provider.equals(bundle)) {
      return waiting + " of this bundle";
    }
    return waiting
        + ", which "
        + provider.getSymbolicName()
        + " would offer: 'banger plugin why "
        + provider.getSymbolicName()
        + "' tells why it does not";
  }

  /**
   * @param failure the exception of its start, or null when none is known
   */
  static PluginProblem notStarted(Bundle bundle, Exception failure) {
    String why =
        failure == null
            ? "it does not run: it was stopped, or its start failed (the daemon's log tells)"
            : "it does not start: " + Exceptions.told(failure);
    return new PluginProblem(Kind.NOT_STARTED, bundle.getSymbolicName(), why);
  }

  /** The class of a component, without its package. */
  private static String shortName(String component) {
    return component.substring(component.lastIndexOf('.') + 1);
  }
}
