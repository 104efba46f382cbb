// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.KeyedLocks;
import dev.banger.operation.Operation;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class MachineLocksTest {
  private static final String VM = "0123456789ab";

  private final MachineLocks locks = new MachineLocks(Duration.ofMillis(1));

  @Test
  void who_only_looks_after_a_machine_is_waited_for_however_long_that_takes() throws Exception {
    KeyedLocks.Held held = locks.acquireToLookAfter(VM, Operation.background());
    CompletableFuture<KeyedLocks.Held> waiting =
        CompletableFuture.supplyAsync(
            () -> locks.acquireUnlessWorkedOn(VM, Operation.background()));
    Operation.background().pause(Duration.ofMillis(100)); // many times the patience
    assertThat(waiting).isNotDone();
    held.close();
    waiting.get(20, TimeUnit.SECONDS).close();
    locks.acquire(VM, Operation.background()).close();
  }

  @Test
  void who_waits_leaves_when_its_operation_ends() {
    try (KeyedLocks.Held held = locks.acquireUnlessWorkedOn(VM, Operation.background())) {
      Operation leaving = Operation.background().within(Duration.ofMillis(20));
      assertThatThrownBy(() -> locks.acquireUnlessWorkedOn(VM, leaving))
          .isInstanceOf(BangerException.class);
      Operation cancelled = Operation.background();
      cancelled.cancel("the service leaves");
      assertThatThrownBy(() -> locks.acquireUnlessWorkedOn(VM, cancelled))
          .hasMessage("the service leaves");
    }
  }

  @Test
  void an_operation_is_not_waited_for() {
    try (KeyedLocks.Held held = locks.acquire(VM, Operation.background())) {
      assertThatThrownBy(() -> locks.acquireUnlessWorkedOn(VM, Operation.background()))
          .isInstanceOfSatisfying(
              BangerException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED));
    }
    locks.acquireUnlessWorkedOn(VM, Operation.background()).close();
  }
}
