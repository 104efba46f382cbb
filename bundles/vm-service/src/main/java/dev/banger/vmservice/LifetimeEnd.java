// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import java.time.Duration;
import java.util.Objects;

/**
 * Ends machines whose time is over. Each is looked at again under its lock: one that was given more
 * time or was used meanwhile is left alone, however late that was.
 */
interface LifetimeEnd {
  /** Deletes a machine that still is as it was seen. */
  void deleteDue(Vm seen, Operation operation);

  /** Stops a machine that still is as it was seen. */
  void stopDue(Vm seen, Duration grace, Operation operation);

  /** Whether nobody gave a machine more time, or used it, since it was seen. */
  static boolean isDue(Vm seen, Vm now) {
    return seen.lifetime().equals(now.lifetime())
        && Objects.equals(seen.lastUsedAt(), now.lastUsedAt());
  }
}
