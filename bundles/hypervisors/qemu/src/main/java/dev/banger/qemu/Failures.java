// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

/** Collects the failures of a clean-up that goes on to its end. */
final class Failures {
  private RuntimeException first;

  /** Runs a step and keeps its failure. */
  void attempt(Runnable step) {
    try {
      step.run();
    } catch (RuntimeException e) {
      add(e);
    }
  }

  void add(RuntimeException failure) {
    if (first == null) {
      first = failure;
    } else if (first != failure) {
      first.addSuppressed(failure);
    }
  }

  /** Throws the first failure, the others suppressed in it, if there was any. */
  void rethrow() {
    if (first != null) {
      throw first;
    }
  }
}
