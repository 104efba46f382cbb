// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.event;

import dev.banger.error.BangerException;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The append-only stream of events. The latest are kept, some tens of thousands. Every method may
 * be called by many threads.
 */
@ProviderType
public interface EventStream {
  /**
   * Appends an event, behind all that were appended before. Returns at once and never fails: it is
   * written soon, and one that cannot be written (the disk is full) is lost.
   *
   * @param event its number does not count
   */
  void append(Event event);

  /**
   * The events after a place, in order; what this process appended before the call is among them.
   *
   * @param after the number of an event, or 0
   * @param vmId the machine whose events are wanted, or null for all
   * @param limit how many at most, from the front; at least 1
   * @throws BangerException when the store cannot be read
   */
  List<Event> after(long after, String vmId, int limit);

  /**
   * The latest events, in order; what this process appended before the call is among them.
   *
   * @param vmId the machine whose events are wanted, or null for all
   * @param limit how many at most; at least 1
   * @throws BangerException when the store cannot be read
   */
  List<Event> latest(String vmId, int limit);

  /**
   * The machine that last bore a name, there still or not.
   *
   * @return its id, or null when no event that is kept tells of one
   * @throws BangerException when the store cannot be read
   */
  String lastNamed(String vmName);

  /**
   * The number of the last event written by this process, for those who wait for more; 0 before.
   * Quick.
   */
  long lastNumber();
}
