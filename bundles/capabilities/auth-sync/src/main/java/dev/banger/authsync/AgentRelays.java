// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.authsync;

import dev.banger.guest.GuestService;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The relays of all guests that use the ssh agent. */
final class AgentRelays implements AutoCloseable {
  private final GuestService guests;
  private final Map<String, KeptRelay> kept = new ConcurrentHashMap<>();

  AgentRelays(GuestService guests) {
    this.guests = guests;
  }

  /**
   * Begins to relay, anew where it does already, and returns when programs in the guest can use it.
   *
   * @throws dev.banger.error.BangerException when they cannot; it is tried again nevertheless
   */
  void begin(Vm vm, HostAgent agent, Operation operation) {
    KeptRelay fresh = new KeptRelay(vm, agent, guests);
    end(vm.id());
    kept.put(vm.id(), fresh);
    fresh.start();
    fresh.awaitListening(operation);
  }

  /** Ends that of a guest, if there is one. */
  void end(String vmId) {
    KeptRelay relay = kept.remove(vmId);
    if (relay != null) {
      relay.cancel();
      relay.awaitEnd();
    }
  }

  /** What does not work, in words for a person. */
  List<String> problems() {
    return kept.values().stream().flatMap(relay -> relay.problem().stream()).sorted().toList();
  }

  @Override
  public void close() {
    List<KeptRelay> all = List.copyOf(kept.values());
    kept.clear();
    all.forEach(KeptRelay::cancel);
    all.forEach(KeptRelay::awaitEnd);
  }
}
