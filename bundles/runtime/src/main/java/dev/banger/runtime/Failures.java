// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.OperationStatus.Failure;

/** Why requests fail, as their callers are told. */
final class Failures {
  private Failures() {}

  static Failure of(Throwable failure) {
    if (failure instanceof BangerException known) {
      return new Failure(known.code(), known.getMessage());
    }
    return new Failure(
        ErrorCode.OPERATION_FAILED,
        "the daemon failed unexpectedly (" + failure + "); its log says more");
  }
}
