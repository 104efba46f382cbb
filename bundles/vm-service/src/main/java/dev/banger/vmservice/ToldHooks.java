// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.capability.Capability;
import dev.banger.vm.Vm;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which services were told that which machine runs: each once by one daemon, however often it
 * looks.
 */
final class ToldHooks {
  private final Map<String, Set<Capability>> told = new ConcurrentHashMap<>();

  /** Whether this is the first time that a service is told of this run of a machine. */
  boolean add(Vm vm, Hook<?> hook) {
    return told.computeIfAbsent(vm.id(), id -> ConcurrentHashMap.newKeySet()).add(hook.service());
  }

  /** A machine no longer concerns a service. */
  void forget(String vmId, Hook<?> hook) {
    told.getOrDefault(vmId, Set.of()).remove(hook.service());
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
