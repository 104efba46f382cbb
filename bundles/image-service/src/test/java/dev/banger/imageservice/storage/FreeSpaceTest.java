// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class FreeSpaceTest {
  private final AtomicLong free = new AtomicLong(FreeSpace.LEAST);
  private final FreeSpace space = new FreeSpace(Path.of("/some/where"), free::get);

  @Test
  void work_with_room_is_done() {
    assertThat(space.<String, RuntimeException>during(Operation.background(), own -> "done"))
        .isEqualTo("done");
  }

  @Test
  void work_without_room_is_not_begun() {
    free.decrementAndGet();
    CountDownLatch begun = new CountDownLatch(1);

    assertThatThrownBy(() -> space.during(Operation.background(), own -> hang(own, begun)))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NO_SPACE))
        .hasMessageContaining("/some/where");
    assertThat(begun.getCount()).isEqualTo(1);
  }

  @Test
  void work_that_waits_for_room_which_is_gone_is_ended() {
    assertThatThrownBy(
            () ->
                space.during(
                    Operation.background(),
                    own -> {
                      free.set(0);
                      return hang(own, new CountDownLatch(1));
                    }))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NO_SPACE));
  }

  @Test
  void a_caller_who_leaves_and_a_failure_of_the_work_are_told_as_such() {
    Operation leaving = Operation.background();

    assertThatThrownBy(
            () ->
                space.during(
                    leaving,
                    own -> {
                      leaving.cancel("the client left");
                      return hang(own, new CountDownLatch(1));
                    }))
        .hasMessage("the client left");
    assertThatThrownBy(
            () ->
                space.during(
                    Operation.background(),
                    own -> {
                      throw new IllegalStateException("broken");
                    }))
        .hasMessage("broken");
  }

  /** Waits as apt does: until somebody ends it. */
  private static Void hang(Operation operation, CountDownLatch begun) {
    begun.countDown();
    CountDownLatch ended = new CountDownLatch(1);
    try (Operation.Registration registration = operation.onCancel(ended::countDown)) {
      assertThat(ended.await(15, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    operation.check();
    return null;
  }
}
