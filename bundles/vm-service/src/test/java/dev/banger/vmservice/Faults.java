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

  void inject(String point) {
    failing.add(point);
  }

  void clear() {
    failing.clear();
  }

  /** Fails when this point is to fail. */
  void at(String point) {
    if (failing.contains(point)) {
      throw new BangerException(ErrorCode.OPERATION_FAILED, "injected at " + point);
    }
  }
}
