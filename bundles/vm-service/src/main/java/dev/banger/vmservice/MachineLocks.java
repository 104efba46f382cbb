// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.KeyedLocks;
import dev.banger.operation.Operation;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The lock of each machine, by its id. It is held by an operation that somebody asked for, or by
 * what looks after the machine of its own accord, which is short and always waited for.
 */
final class MachineLocks {
  /** Where an operation holds or wants the lock for longer, who would only look after gives up. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final Duration patience;
  private final KeyedLocks locks = new KeyedLocks();

  /** How many operations hold or want a lock: from before they have it until after they had it. */
  private final ConcurrentMap<String, Integer> operations = new ConcurrentHashMap<>();

  MachineLocks() {
    this(PATIENCE);
  }

  MachineLocks(Duration patience) {
    this.patience = patience;
  }

  /** Waits for the lock, for an operation that somebody asked for. */
  KeyedLocks.Held acquire(String vmId, Operation operation) {
    operations.merge(vmId, 1, Integer::sum);
    try {
      KeyedLocks.Held held = locks.acquire(vmId, operation);
      return () -> {
        held.close();
        forget(vmId);
      };
    } catch (RuntimeException | Error e) {
      forget(vmId);
      throw e;
    }
  }

  private void forget(String vmId) {
    operations.computeIfPresent(vmId, (id, count) -> count == 1 ? null : count - 1);
  }

  /** Waits for the lock, for what is done without having been asked for. */
  KeyedLocks.Held acquireToLookAfter(String vmId, Operation operation) {
    return locks.acquire(vmId, operation);
  }

  /**
   * As {@link #acquireToLookAfter}, unless an operation works on the machine.
   *
   * @throws BangerException DEADLINE_EXCEEDED when the lock does not come within a second and an
   *     operation has it or waits for it, too; CANCELLED
   */
  KeyedLocks.Held acquireUnlessWorkedOn(String vmId, Operation operation) {
    while (true) {
      operation.check();
      try {
        return locks.acquire(vmId, Operation.background().within(patience));
      } catch (BangerException e) {
        if (e.code() != ErrorCode.DEADLINE_EXCEEDED || operations.containsKey(vmId)) {
          throw e;
        }
      }
    }
  }
}
