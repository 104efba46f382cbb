// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.event.Event;
import dev.banger.event.EventStream;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;

/** Tells the event stream what happens to machines. */
record VmEvents(EventStream stream) {
  /**
   * Tells of one event.
   *
   * @param kind one of the constants of {@link Event}
   * @param details names and values in turn; what is null is left out
   */
  void tell(String kind, Vm vm, Operation operation, Object... details) {
    Map<String, String> named = new LinkedHashMap<>();
    for (int i = 0; i < details.length; i += 2) {
      if (details[i + 1] != null) {
        named.put(details[i].toString(), details[i + 1].toString());
      }
    }
    Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    stream.append(new Event(0, now, kind, vm.id(), vm.name(), operation.id(), named));
  }

  /** How long ago something was, in milliseconds. */
  static long since(long beginNanos) {
    return (System.nanoTime() - beginNanos) / 1_000_000;
  }
}
