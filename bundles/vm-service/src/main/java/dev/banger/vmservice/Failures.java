// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs every part of a clean-up whatever fails, and keeps all that failed. For one thread. */
final class Failures {
  private static final Logger LOG = LoggerFactory.getLogger(Failures.class);

  private final List<Throwable> failures = new ArrayList<>();

  /** Runs one part. Returns whether it succeeded. */
  boolean attempt(String part, Part action) {
    try {
      action.run();
      return true;
    } catch (Exception | Error e) {
      // A capability may throw anything, and a host may have no thread left for it; the parts that
      // follow must run all the same.
      requireWorkingJava(e);
      LOG.warn("{} failed", part, e);
      failures.add(e);
      return false;
    }
  }

  /** Returns unless Java itself is out of order: then nothing is caught. */
  static void requireWorkingJava(Throwable e) {
    if (e instanceof InternalError broken) {
      throw broken;
    }
  }

  boolean isEmpty() {
    return failures.isEmpty();
  }

  /** Attaches all that failed to an error that is already on its way. */
  void attachTo(Throwable primary) {
    for (Throwable failure : failures) {
      if (failure != primary) {
        primary.addSuppressed(failure);
      }
    }
  }

  /**
   * Returns when nothing failed.
   *
   * @throws BangerException OPERATION_FAILED with all failures in its message and attached to it
   */
  void throwIfAny(String message) {
    if (failures.isEmpty()) {
      return;
    }
    String all =
        failures.stream()
            .map(
                failure -> failure.getMessage() == null ? failure.toString() : failure.getMessage())
            .distinct()
            .collect(Collectors.joining("; "));
    BangerException error =
        new BangerException(ErrorCode.OPERATION_FAILED, message + ": " + all, failures.get(0));
    failures.stream().skip(1).forEach(error::addSuppressed);
    throw error;
  }

  /** A part of a clean-up. */
  @FunctionalInterface
  interface Part {
    void run() throws Exception;
  }
}
