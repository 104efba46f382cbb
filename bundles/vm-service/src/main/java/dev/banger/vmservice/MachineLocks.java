// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.KeyedLocks;
import dev.banger.operation.Operation;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The lock of each machine, by its id. It is held by an operation that somebody asked for, or by
 * what looks after the machine of its own accord, which is short and always waited for.
 */
final class MachineLocks {
  /** An operation that holds a lock for longer is not waited for by who would only look after. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final Duration patience;
  private final KeyedLocks locks = new KeyedLocks();
  private final Set<String> lookedAfter = ConcurrentHashMap.newKeySet();

  MachineLocks() {
    this(PATIENCE);
  }

  MachineLocks(Duration patience) {
    this.patience = patience;
  }

  /** Waits for the lock, for an operation that somebody asked for. */
  KeyedLocks.Held acquire(String vmId, Operation operation) {
    return locks.acquire(vmId, operation);
  }

  /** Waits for the lock, for what is done without having been asked for. */
  KeyedLocks.Held acquireToLookAfter(String vmId, Operation operation) {
    return lookingAfter(vmId, locks.acquire(vmId, operation));
  }

  /**
   * As {@link #acquireToLookAfter}, unless an operation works on the machine.
   *
   * @throws BangerException DEADLINE_EXCEEDED when one has held the lock for a second; CANCELLED
   */
  KeyedLocks.Held acquireUnlessWorkedOn(String vmId, Operation operation) {
    while (true) {
      operation.check();
      try {
        return lookingAfter(vmId, locks.acquire(vmId, Operation.background().within(patience)));
      } catch (BangerException e) {
        if (e.code() != ErrorCode.DEADLINE_EXCEEDED || !lookedAfter.contains(vmId)) {
          throw e;
        }
      }
    }
  }

  private KeyedLocks.Held lookingAfter(String vmId, KeyedLocks.Held held) {
    lookedAfter.add(vmId);
    return () -> {
      lookedAfter.remove(vmId);
      held.close();
    };
  }
}
