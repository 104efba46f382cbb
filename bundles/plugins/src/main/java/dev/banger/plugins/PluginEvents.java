// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.event.Event;
import dev.banger.event.EventStream;
import dev.banger.operation.Operation;
import dev.banger.plugin.Plugin;
import dev.banger.plugin.PluginUpdate;
import dev.banger.release.ReleaseUpdate;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;

/** Tells the stream of events of bundles that change; keeps what it is told while that is away. */
final class PluginEvents {
  /** So many updates may happen while the store is away. */
  private static final int KEPT = 100;

  private final Deque<Event> pending = new ArrayDeque<>();
  private EventStream stream;

  /** The stream is there. */
  synchronized void to(EventStream arrived) {
    stream = arrived;
    while (!pending.isEmpty()) {
      stream.append(pending.removeFirst());
    }
  }

  /** A stream is gone; another one may have come before. */
  synchronized void without(EventStream gone) {
    if (stream == gone) {
      stream = null;
    }
  }

  void installed(Plugin plugin, Operation operation) {
    tell(Event.PLUGIN_INSTALLED, operation, details(plugin));
  }

  void removed(Plugin plugin, Operation operation) {
    tell(Event.PLUGIN_REMOVED, operation, details(plugin));
  }

  private static Map<String, String> details(Plugin plugin) {
    Map<String, String> details = new LinkedHashMap<>();
    details.put("plugin", plugin.name());
    details.put("version", plugin.version());
    return details;
  }

  void updated(PluginUpdate update, Operation operation) {
    tell(Event.PLUGIN_UPDATED, operation, details(update));
  }

  void reverted(PluginUpdate update, Operation operation) {
    Map<String, String> details = details(update);
    details.put("error", update.reason());
    tell(Event.PLUGIN_REVERTED, operation, details);
  }

  void release(ReleaseUpdate update, Operation operation) {
    Map<String, String> details = new LinkedHashMap<>();
    details.put("from", update.from());
    details.put("to", update.to());
    if (update.reason() != null) {
      details.put("error", update.reason());
    }
    tell(
        update.state() == ReleaseUpdate.State.DONE ? Event.RELEASE_UPDATED : Event.RELEASE_REVERTED,
        operation,
        details);
  }

  private static Map<String, String> details(PluginUpdate update) {
    Map<String, String> details = new LinkedHashMap<>();
    details.put("plugin", update.name());
    details.put("from", update.from());
    details.put("to", update.to());
    return details;
  }

  private synchronized void tell(String kind, Operation operation, Map<String, String> details) {
    Event event =
        new Event(
            0,
            Instant.now().truncatedTo(ChronoUnit.MILLIS),
            kind,
            Event.NO_MACHINE,
            Event.NO_MACHINE,
            operation.id(),
            details);
    if (stream != null) {
      stream.append(event);
    } else if (pending.size() < KEPT) {
      pending.addLast(event);
    }
  }
}
