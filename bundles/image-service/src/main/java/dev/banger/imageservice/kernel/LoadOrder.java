// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Brings modules into an order in which each comes after what it needs. */
public final class LoadOrder {
  private final Map<String, KernelModule> available;
  private final Set<String> ordered = new LinkedHashSet<>();
  private final Set<String> inProgress = new LinkedHashSet<>();

  private LoadOrder(Map<String, KernelModule> available) {
    this.available = available;
  }

  /**
   * The wanted modules and what they need.
   *
   * @param wanted names; those that are not available are built in or not there, and left out
   * @param available all modules by name
   */
  public static List<String> of(List<String> wanted, Map<String, KernelModule> available) {
    LoadOrder order = new LoadOrder(available);
    wanted.forEach(name -> order.add(KernelModule.canonical(name)));
    return new ArrayList<>(order.ordered);
  }

  private void add(String name) {
    KernelModule module = available.get(name);
    // A soft dependency may lead in a circle, which the kernel accepts in any order.
    if (module == null || ordered.contains(name) || !inProgress.add(name)) {
      return;
    }
    module.needs().forEach(this::add);
    inProgress.remove(name);
    ordered.add(name);
  }
}
