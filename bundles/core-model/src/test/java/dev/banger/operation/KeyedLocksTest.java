// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.operation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class KeyedLocksTest {
  private final KeyedLocks locks = new KeyedLocks();
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  /** Starts a thread that waits for the key, and returns once it does. */
  private Future<?> waiting(String key, Operation operation, Runnable whenHeld) throws Exception {
    int before = locks.waiters(key);
    Future<?> result =
        threads.submit(
            () -> {
              try (KeyedLocks.Held held = locks.acquire(key, operation)) {
                whenHeld.run();
              }
            });
    while (!result.isDone() && locks.waiters(key) == before) {
      Thread.onSpinWait();
    }
    return result;
  }

  @Test
  void lets_one_thread_at_a_time_hold_a_key() throws Exception {
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    CountDownLatch go = new CountDownLatch(1);
    List<Future<?>> results = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      results.add(
          threads.submit(
              () -> {
                go.await();
                for (int n = 0; n < 200; n++) {
                  try (KeyedLocks.Held held = locks.acquire("vm", Operation.background())) {
                    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                    inside.decrementAndGet();
                  }
                }
                return null;
              }));
    }
    go.countDown();
    for (Future<?> result : results) {
      result.get();
    }
    assertThat(most).hasValue(1);
    assertThat(locks.size()).isZero();
  }

  @Test
  void never_lets_different_keys_wait_for_each_other() {
    try (KeyedLocks.Held one = locks.acquire("one", Operation.background());
        KeyedLocks.Held two = locks.acquire("two", Operation.background())) {
      assertThat(locks.size()).isEqualTo(2);
    }
    assertThat(locks.size()).isZero();
  }

  @Test
  void lets_a_waiter_leave_at_once_when_its_operation_is_cancelled() throws Exception {
    Operation impatient = Operation.background();
    Operation patient = Operation.background();
    CountDownLatch served = new CountDownLatch(1);
    KeyedLocks.Held held = locks.acquire("vm", Operation.background());
    Future<?> leaving = waiting("vm", impatient, () -> {});
    waiting("vm", patient, served::countDown);
    impatient.cancel("the client went away");
    assertThatThrownBy(leaving::get).hasRootCauseMessage("the client went away");
    assertThat(served.getCount()).isEqualTo(1);
    held.close();
    assertThat(served.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void passes_the_key_on_when_the_next_in_line_is_cancelled_meanwhile() throws Exception {
    for (int round = 0; round < 200; round++) {
      Operation next = Operation.background();
      CountDownLatch served = new CountDownLatch(1);
      KeyedLocks.Held held = locks.acquire("vm", Operation.background());
      waiting("vm", next, () -> {});
      waiting("vm", Operation.background(), served::countDown);
      Future<?> canceller = threads.submit(() -> next.cancel("now"));
      held.close();
      canceller.get();
      assertThat(served.await(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void lets_a_waiter_leave_when_its_time_is_up() {
    try (KeyedLocks.Held held = locks.acquire("vm", Operation.background())) {
      Operation short_ = Operation.background().within(Duration.ofMillis(20));
      assertThatThrownBy(() -> locks.acquire("vm", short_))
          .extracting(e -> ((BangerException) e).code())
          .isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
      assertThat(locks.size()).isEqualTo(1);
    }
    assertThat(locks.size()).isZero();
  }

  @Test
  void gives_nothing_to_an_operation_that_has_ended() {
    Operation ended = Operation.background();
    ended.cancel("before");
    assertThatThrownBy(() -> locks.acquire("vm", ended)).hasMessage("before");
    assertThat(locks.size()).isZero();
    locks.acquire("vm", Operation.background()).close();
  }

  @Test
  void serves_waiters_in_the_order_of_their_coming() throws Exception {
    List<Integer> order = Collections.synchronizedList(new ArrayList<>());
    KeyedLocks.Held held = locks.acquire("vm", Operation.background());
    List<Future<?>> results = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      int number = i;
      results.add(waiting("vm", Operation.background(), () -> order.add(number)));
    }
    held.close();
    for (Future<?> result : results) {
      result.get();
    }
    assertThat(order).isSorted().hasSize(20);
  }

  @Test
  void lets_nobody_overtake_who_waits() throws Exception {
    for (int round = 0; round < 200; round++) {
      List<String> order = Collections.synchronizedList(new ArrayList<>());
      KeyedLocks.Held held = locks.acquire("vm", Operation.background());
      Future<?> waiter = waiting("vm", Operation.background(), () -> order.add("waiter"));
      held.close();
      try (KeyedLocks.Held again = locks.acquire("vm", Operation.background())) {
        order.add("newcomer");
      }
      waiter.get();
      assertThat(order).containsExactly("waiter", "newcomer");
    }
  }

  @Test
  void releases_once_however_often_it_is_closed() throws Exception {
    KeyedLocks.Held first = locks.acquire("vm", Operation.background());
    first.close();
    KeyedLocks.Held second = locks.acquire("vm", Operation.background());
    first.close();
    Operation short_ = Operation.background().within(Duration.ofMillis(20));
    assertThatThrownBy(() -> locks.acquire("vm", short_)).isInstanceOf(BangerException.class);
    // By any thread.
    threads.submit(second::close).get();
    locks.acquire("vm", Operation.background()).close();
  }

  @Test
  void leaves_no_registration_behind_in_the_operation() {
    Operation operation = Operation.background();
    locks.acquire("vm", operation).close();
    try (KeyedLocks.Held held = locks.acquire("vm", Operation.background())) {
      operation.cancel("later");
      assertThat(locks.size()).isEqualTo(1);
    }
  }
}
