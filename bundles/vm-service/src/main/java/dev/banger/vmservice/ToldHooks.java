// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.capability.Capability;
import dev.banger.vm.Vm;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which services were told that which machine runs: each once by one daemon, however often it
 * looks.
 */
final class ToldHooks {
  private final Map<String, Set<Capability>> told = new ConcurrentHashMap<>();

  /** Whether this is the first time that a service is told of this run of a machine. */
  boolean add(Vm vm, Hook<?> hook) {
    return told.computeIfAbsent(vm.id(), id -> services()).add(hook.service());
  }

  /** One that leaves at the moment when it is told must not keep its bundle's classes. */
  private static Set<Capability> services() {
    return Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));
  }

  /** A machine no longer concerns a service. */
  void forget(String vmId, Hook<?> hook) {
    Set<Capability> services = told.get(vmId);
    if (services != null) {
      services.remove(hook.service());
    }
  }

  /** The run of a machine has ended. */
  void forget(String vmId) {
    told.remove(vmId);
  }

  /** A service leaves; what is kept of it would keep its bundle's classes. */
  void forget(Hook<?> hook) {
    told.values().forEach(services -> services.remove(hook.service()));
  }
}
