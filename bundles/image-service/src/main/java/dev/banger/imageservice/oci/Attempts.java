// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import dev.banger.operation.Operation;
import java.io.IOException;
import java.time.Duration;

/**
 * Tries again what a broken connection ended.
 *
 * @param most how often at most; at least 1
 * @param pause the time before the second attempt; it doubles with each one
 */
record Attempts(int most, Duration pause) {
  /** What is tried. */
  @FunctionalInterface
  interface Attempt<T> {
    /**
     * Tries.
     *
     * @param last whether no other attempt follows
     */
    T run(boolean last) throws IOException;
  }

  /** The result of the first attempt that throws nothing; the failure of the last one. */
  <T> T run(Attempt<T> attempt, Operation operation) throws IOException {
    Duration wait = pause;
    for (int number = 1; ; number++) {
      try {
        return attempt.run(number >= most);
      } catch (IOException e) {
        if (number >= most || RegistryFailure.isUnreachable(e)) {
          throw e;
        }
      }
      operation.pause(wait);
      operation.check();
      wait = wait.multipliedBy(2);
    }
  }
}
