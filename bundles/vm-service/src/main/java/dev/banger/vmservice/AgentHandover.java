// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import java.time.Duration;
import java.util.Collection;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;

/**
 * Where connections to agents are left by a version of this bundle that goes, for the one that
 * comes: what runs in guests goes on meanwhile. The place is a service of the framework itself,
 * since those of a bundle end with it.
 */
final class AgentHandover {
  private static final String PLACE = "banger.agents";

  /** Longer than a bad update is tried before its predecessor returns. */
  private static final Duration SUCCESSION = Duration.ofSeconds(30);

  private final ConcurrentHashMap<String, Map.Entry<Map<String, Object>, CompletableFuture<Void>>>
      place;
  private final Duration succession;

  private AgentHandover(
      ConcurrentHashMap<String, Map.Entry<Map<String, Object>, CompletableFuture<Void>>> place,
      Duration succession) {
    this.place = place;
    this.succession = succession;
  }

  /** A place that nobody else knows. */
  static AgentHandover within(Duration succession) {
    return new AgentHandover(new ConcurrentHashMap<>(), succession);
  }

  /** The place in this framework, the same for every version of this bundle. */
  static AgentHandover of(BundleContext context) {
    BundleContext framework = context.getBundle(0).getBundleContext();
    return new AgentHandover(find(framework).orElseGet(() -> register(framework)), SUCCESSION);
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static Optional<
          ConcurrentHashMap<String, Map.Entry<Map<String, Object>, CompletableFuture<Void>>>>
      find(BundleContext framework) {
    try {
      Collection<ServiceReference<ConcurrentHashMap>> places =
          framework.getServiceReferences(ConcurrentHashMap.class, "(" + PLACE + "=*)");
      return places.stream().findFirst().map(each -> framework.getService(each));
    } catch (InvalidSyntaxException e) {
      throw new IllegalStateException(e); // a constant
    }
  }

  private static ConcurrentHashMap<String, Map.Entry<Map<String, Object>, CompletableFuture<Void>>>
      register(BundleContext framework) {
    ConcurrentHashMap<String, Map.Entry<Map<String, Object>, CompletableFuture<Void>>> place =
        new ConcurrentHashMap<>();
    framework.registerService(
        ConcurrentHashMap.class, place, new Hashtable<>(Map.of(PLACE, "by machine")));
    return place;
  }

  /** Leaves the connection to a machine's agent; it is closed when nobody takes it. */
  void leave(String vmId, AgentConnection connection) {
    CompletableFuture<Void> taken = new CompletableFuture<>();
    Map.Entry<Map<String, Object>, CompletableFuture<Void>> left =
        Map.entry(connection.line().parts(), taken);
    place.put(vmId, left);
    taken
        .orTimeout(succession.toMillis(), TimeUnit.MILLISECONDS)
        .whenComplete(
            (nothing, late) -> {
              if (late != null) {
                place.remove(vmId, left);
                connection.close();
              }
            });
  }

  /** Takes all that was left and is still open. */
  void takeAll(BiConsumer<String, AgentConnection> successor) {
    for (String vmId : List.copyOf(place.keySet())) {
      Map.Entry<Map<String, Object>, CompletableFuture<Void>> left = place.remove(vmId);
      if (left != null && left.getValue().complete(null)) {
        AgentLine.of(left.getKey())
            .map(AgentConnection::inherit)
            .filter(AgentConnection::isOpen)
            .ifPresent(connection -> successor.accept(vmId, connection));
      }
    }
  }
}
