// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Makes named points of the fakes fail. */
final class Faults {
  private final Set<String> failing = ConcurrentHashMap.newKeySet();
  private final Set<String> killing = ConcurrentHashMap.newKeySet();

  void inject(String point) {
    failing.add(point);
  }

  /** Ends the caller at a point as a kill of the process would: nothing is undone. */
  void kill(String point) {
    killing.add(point);
  }

  void clear() {
    failing.clear();
    killing.clear();
  }

  /** Fails when this point is to fail. */
  void at(String point) {
    if (killing.contains(point)) {
      throw new Killed();
    }
    if (failing.contains(point)) {
      throw new BangerException(ErrorCode.OPERATION_FAILED, "injected at " + point);
    }
  }

  /** No code of ours catches it. */
  static final class Killed extends Error {
    private static final long serialVersionUID = 1L;
  }
}
