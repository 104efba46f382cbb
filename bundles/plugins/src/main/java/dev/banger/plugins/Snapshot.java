// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.osgi.framework.Bundle;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;

/**
 * What a bundle does at one moment, to compare its next version with.
 *
 * @param waiting the components that lack something
 * @param services the interfaces of the services that it publishes
 */
record Snapshot(Set<String> waiting, Set<String> services) {
  /** Of a bundle that was not there. */
  static final Snapshot NONE = new Snapshot(Set.of(), Set.of());

  Snapshot {
    waiting = Set.copyOf(waiting);
    services = Set.copyOf(services);
  }

  static Snapshot of(Bundle bundle, Components components) {
    return new Snapshot(
        components.of(bundle).stream()
            .filter(each -> !each.satisfied())
            .map(ComponentState::name)
            .collect(Collectors.toSet()),
        interfaces(published(bundle)));
  }

  /** The services that a bundle publishes now; none when it was uninstalled. */
  static List<ServiceReference<?>> published(Bundle bundle) {
    try {
      ServiceReference<?>[] references = bundle.getRegisteredServices();
      return references == null ? List.of() : List.of(references);
    } catch (IllegalStateException e) {
      return List.of();
    }
  }

  static Set<String> interfaces(Collection<ServiceReference<?>> references) {
    Set<String> names = new LinkedHashSet<>();
    for (ServiceReference<?> each : references) {
      names.addAll(Arrays.asList((String[]) each.getProperty(Constants.OBJECTCLASS)));
    }
    return names;
  }
}
