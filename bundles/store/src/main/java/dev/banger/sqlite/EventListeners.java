// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import dev.banger.event.Event;
import dev.banger.event.EventListener;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** The listeners that are there, which come and go. */
@Component(service = EventListeners.class)
public final class EventListeners {
  private final Map<EventListener, ListenerThread> threads = new ConcurrentHashMap<>();

  @Reference(
      service = EventListener.class,
      cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC)
  void add(EventListener listener, ServiceReference<?> reference) {
    add(listener, reference.getBundle().getSymbolicName());
  }

  void add(EventListener listener, String bundle) {
    ListenerThread thread = new ListenerThread(listener, bundle);
    threads.put(listener, thread);
    thread.start();
  }

  void remove(EventListener listener) {
    ListenerThread thread = threads.remove(listener);
    if (thread != null) {
      thread.leave();
    }
  }

  /** Tells all of events. Returns at once. */
  void tell(List<Event> events) {
    threads.values().forEach(thread -> events.forEach(thread::tell));
  }
}
