// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.event;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Hears of what happens to machines: register it as a service. It hears each event that is written
 * from its arrival on, once, with its {@linkplain Event#number number}, in order; those before are
 * in the {@link EventStream}. After a restart of the daemon it goes on with what happens then.
 *
 * <p><strong>Threads:</strong> each listener has a thread of its own, whose context class loader is
 * that of the service, so calls never overlap. It comes after the fact: nobody waits for it, and
 * what it does cannot hold up or undo what happened.
 *
 * <p><strong>Backlog:</strong> a thousand events may wait for a listener. When one more comes, all
 * that wait are dropped for it, and the log tells how many; it finds them in the stream by their
 * numbers.
 *
 * <p><strong>Failures:</strong> what it throws is logged, and it hears the next event. When the
 * service leaves, what waits is dropped; a call that has not returned after two seconds is
 * interrupted and left alone.
 */
@ConsumerType
@FunctionalInterface
public interface EventListener {
  /**
   * Called for each event.
   *
   * @param event it, at its place in the stream
   */
  void heard(Event event);
}
