// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import dev.banger.event.Event;
import dev.banger.event.EventListener;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells one listener, apart from all others: whatever it does, only it waits for it. */
final class ListenerThread {
  private static final Logger LOG = LoggerFactory.getLogger(ListenerThread.class);

  /** How many may wait for a listener. */
  static final int WAITING = 1000;

  private static final Duration RETREAT = Duration.ofSeconds(2);

  private static final Event WAKE_UP = new Event(0, Instant.EPOCH, "", "", "", "", Map.of());

  private final EventListener listener;
  private final String bundle;
  private final BlockingQueue<Event> waiting = new LinkedBlockingQueue<>(WAITING);
  private final Thread thread;
  private volatile long dropped;
  private volatile boolean leaving;

  /**
   * @param bundle the bundle that it comes from, for the log
   */
  ListenerThread(EventListener listener, String bundle) {
    this.listener = listener;
    this.bundle = bundle;
    thread = new Thread(this::run, "event-listener " + bundle);
    thread.setDaemon(true);
    thread.setContextClassLoader(listener.getClass().getClassLoader());
  }

  void start() {
    thread.start();
  }

  /** Called by one thread. Never waits: a backlog that has become too long is dropped. */
  void tell(Event event) {
    if (waiting.offer(event)) {
      return;
    }
    int before = waiting.size();
    waiting.clear();
    dropped += before;
    LOG.warn(
        "the event listener of bundle {} does not keep up: {} events are dropped for it, {} in all",
        bundle,
        before,
        dropped);
    waiting.add(event);
  }

  /** How many events were dropped so far. */
  long dropped() {
    return dropped;
  }

  /**
   * Lets the listener go: it is not called any more, and a call that goes on has two seconds. Never
   * waits for a listener that lets itself go.
   */
  void leave() {
    leaving = true;
    waiting.clear();
    // A full queue needs no wake-up.
    boolean unused = waiting.offer(WAKE_UP);
    if (Thread.currentThread() == thread) {
      return;
    }
    try {
      thread.join(RETREAT.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (thread.isAlive()) {
      LOG.warn("the event listener of bundle {} hangs; its thread is left behind", bundle);
      thread.interrupt();
    }
  }

  private void run() {
    try {
      for (Event event = waiting.take(); !leaving; event = waiting.take()) {
        tellListener(event);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void tellListener(Event event) {
    try {
      listener.heard(event);
    } catch (Throwable e) {
      // Whatever it is: the next event may fare better.
      LOG.warn("the event listener of bundle {} failed with {}", bundle, event, e);
    }
  }
}
