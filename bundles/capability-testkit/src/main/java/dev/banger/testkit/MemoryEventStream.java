// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.testkit;

import dev.banger.event.Event;
import dev.banger.event.EventStream;
import java.util.ArrayList;
import java.util.List;

/** Events in memory, for as long as a test runs. */
public final class MemoryEventStream implements EventStream {
  private final List<Event> events = new ArrayList<>();

  @Override
  public synchronized void append(Event event) {
    events.add(event.numbered(events.size() + 1));
  }

  @Override
  public synchronized List<Event> after(long after, String vmId, int limit) {
    return events.stream()
        .filter(event -> event.number() > after && (vmId == null || vmId.equals(event.vmId())))
        .limit(limit)
        .toList();
  }

  @Override
  public synchronized List<Event> latest(String vmId, int limit) {
    List<Event> all = after(0, vmId, Integer.MAX_VALUE);
    return all.subList(Math.max(0, all.size() - limit), all.size());
  }

  @Override
  public synchronized String lastNamed(String vmName) {
    return events.stream()
        .filter(event -> event.vmName().equals(vmName))
        .reduce((first, second) -> second)
        .map(Event::vmId)
        .orElse(null);
  }

  @Override
  public synchronized long lastNumber() {
    return events.size();
  }

  /** The kinds of what happened to a machine, without the steps of its starts. */
  public List<String> kinds(String vmId) {
    return after(0, vmId, Integer.MAX_VALUE).stream()
        .map(Event::kind)
        .filter(kind -> !kind.equals(Event.STAGE))
        .toList();
  }
}
