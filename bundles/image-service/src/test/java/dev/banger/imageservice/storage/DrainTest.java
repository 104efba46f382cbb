// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class DrainTest {
  private final Drain drain = new Drain();

  @Test
  void the_end_cancels_what_runs_and_waits_for_it() throws InterruptedException {
    CountDownLatch entered = new CountDownLatch(1);
    Thread working =
        new Thread(
            () -> {
              try (Drain.Work work = drain.enter(Operation.background())) {
                CountDownLatch cancelled = new CountDownLatch(1);
                try (Operation.Registration end = work.operation().onCancel(cancelled::countDown)) {
                  entered.countDown();
                  cancelled.await();
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              }
            });
    working.start();
    entered.await();

    assertThat(drain.close(Duration.ZERO, Duration.ofSeconds(20))).isTrue();
    working.join();
  }

  @Test
  void what_ends_by_itself_in_time_is_not_cancelled() throws InterruptedException {
    CountDownLatch closing = new CountDownLatch(1);
    Drain.Work work = drain.enter(Operation.background());
    Thread closer =
        new Thread(
            () -> {
              closing.countDown();
              drain.close(Duration.ofSeconds(20), Duration.ZERO);
            });
    closer.start();
    closing.await();
    assertThat(work.operation().ended()).isFalse();
    work.close();
    closer.join();
    assertThat(work.operation().ended()).isFalse();
  }

  @Test
  void who_does_not_end_is_not_waited_for_longer_than_the_limit() {
    Operation caller = Operation.background();
    try (Drain.Work work = drain.enter(caller)) {
      assertThat(drain.close(Duration.ZERO, Duration.ofMillis(1))).isFalse();

      assertThat(work.operation().ended()).isTrue();
      assertThat(caller.ended()).isFalse();
    }
    assertThat(drain.close(Duration.ZERO, Duration.ZERO)).isTrue();
  }

  @Test
  void nothing_begins_after_the_end() {
    drain.enter(Operation.background()).close();
    drain.close(Duration.ZERO, Duration.ZERO);

    assertThatThrownBy(() -> drain.enter(Operation.background()))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UPDATING));
  }

  @Test
  void a_caller_that_leaves_ends_its_work() {
    Operation caller = Operation.background();
    try (Drain.Work work = drain.enter(caller)) {
      caller.cancel("the client left");

      assertThatThrownBy(work.operation()::check).hasMessage("the client left");
    }
  }
}
