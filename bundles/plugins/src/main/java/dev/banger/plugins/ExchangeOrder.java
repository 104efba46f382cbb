// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.osgi.framework.Bundle;
import org.osgi.framework.ServiceReference;

/**
 * In which order bundles are exchanged: those whose services others use before them, and those that
 * carry the calls about the update last.
 */
final class ExchangeOrder {
  private static final List<String> LAST = List.of("dev.banger.runtime", "dev.banger.shell");

  private ExchangeOrder() {}

  static List<Bundle> of(Collection<Bundle> bundles) {
    Map<String, Bundle> byName = new TreeMap<>();
    bundles.forEach(each -> byName.put(each.getSymbolicName(), each));
    Map<String, Set<String>> uses =
        byName.values().stream()
            .collect(Collectors.toMap(Bundle::getSymbolicName, ExchangeOrder::used));
    return names(byName.keySet(), uses).stream().map(byName::get).toList();
  }

  /** By names, and whose services each uses. */
  static List<String> names(Collection<String> all, Map<String, Set<String>> uses) {
    List<String> sorted =
        all.stream()
            .sorted(Comparator.<String>comparingInt(LAST::indexOf).thenComparing(each -> each))
            .toList();
    List<String> ordered = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    sorted.forEach(each -> visit(each, all, uses, seen, ordered));
    for (String last : LAST) {
      if (ordered.remove(last)) {
        ordered.add(last);
      }
    }
    return ordered;
  }

  private static void visit(
      String name,
      Collection<String> all,
      Map<String, Set<String>> uses,
      Set<String> seen,
      List<String> ordered) {
    if (!all.contains(name) || !seen.add(name)) {
      return;
    }
    uses.getOrDefault(name, Set.of()).stream()
        .sorted()
        .forEach(each -> visit(each, all, uses, seen, ordered));
    ordered.add(name);
  }

  private static Set<String> used(Bundle bundle) {
    Set<String> names = new HashSet<>();
    ServiceReference<?>[] references = bundle.getServicesInUse();
    if (references != null) {
      for (ServiceReference<?> each : references) {
        Bundle provider = each.getBundle();
        if (provider != null && provider.getSymbolicName() != null) {
          names.add(provider.getSymbolicName());
        }
      }
    }
    return names;
  }
}
