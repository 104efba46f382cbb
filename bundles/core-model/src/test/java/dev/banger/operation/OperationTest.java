// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.operation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class OperationTest {
  private static void assertEnded(Operation operation, ErrorCode code) {
    assertThatThrownBy(operation::check)
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(code);
    assertThat(operation.ended()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"op-0", "op-3f9c2a7d11", "op-abcdefghijklmnopqrstuvwxyz012345"})
  void takes_ids_of_the_documented_form(String id) {
    assertThat(Operation.of(id, Progress.NONE).id()).isEqualTo(id);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "op-",
        "op-A",
        "op_1",
        "xop-1",
        "op-1\n",
        "op-1/..",
        "op-abcdefghijklmnopqrstuvwxyz0123456"
      })
  void refuses_other_ids(String id) {
    assertThatThrownBy(() -> Operation.of(id, Progress.NONE))
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.BAD_REQUEST);
  }

  @Test
  void mints_ids_of_the_documented_form() {
    assertThat(Operation.newId()).matches("op-[0-9a-f]{10}").isNotEqualTo(Operation.newId());
  }

  @Test
  void gives_the_reason_of_its_first_cancellation() {
    Operation operation = Operation.background();
    operation.check();
    assertThat(operation.ended()).isFalse();
    operation.cancel("first");
    operation.cancel("second");
    assertEnded(operation, ErrorCode.CANCELLED);
    assertThatThrownBy(operation::check).hasMessage("first");
  }

  @Test
  void runs_every_cancel_action_once_the_newest_first() {
    Operation operation = Operation.background();
    List<String> ran = new ArrayList<>();
    operation.onCancel(() -> ran.add("one"));
    operation.onCancel(
        () -> {
          throw new IllegalStateException("made by a test");
        });
    Operation.Registration withdrawn = operation.onCancel(() -> ran.add("withdrawn"));
    operation.onCancel(() -> ran.add("two"));
    withdrawn.close();
    operation.cancel("now");
    operation.cancel("again");
    assertThat(ran).containsExactly("two", "one");
    operation.onCancel(() -> ran.add("late")).close();
    assertThat(ran).containsExactly("two", "one", "late");
  }

  @Test
  void ends_when_its_time_is_up() {
    Operation operation = Operation.background().within(Duration.ofMillis(1));
    assertThat(operation.remaining()).isPresent();
    operation.pause(Duration.ofSeconds(20));
    assertEnded(operation, ErrorCode.DEADLINE_EXCEEDED);
    assertThat(operation.remaining()).contains(Duration.ZERO);
  }

  @Test
  void never_gives_a_child_more_time_than_it_has() {
    Operation parent = Operation.background().within(Duration.ofMinutes(1));
    assertThat(parent.within(Duration.ofHours(1)).remaining().orElseThrow())
        .isLessThanOrEqualTo(Duration.ofMinutes(1));
    assertThat(parent.within(Duration.ofSeconds(1)).remaining().orElseThrow())
        .isLessThanOrEqualTo(Duration.ofSeconds(1));
    assertThat(parent.reportingTo(Progress.NONE).remaining()).isPresent();
    assertThat(Operation.background().remaining()).isEmpty();
  }

  @Test
  void what_a_service_gives_back_is_asked_of_its_successor() {
    Operation caller = Operation.background();
    Operation own = caller.reportingTo(Progress.NONE);
    AtomicInteger ended = new AtomicInteger();
    try (Operation.Registration heard =
        own.within(Duration.ofHours(1)).onCancel(ended::incrementAndGet)) {
      own.giveBack("it leaves");
    }
    assertThat(ended).hasValue(1);
    assertEnded(own, ErrorCode.UPDATING);
    assertThatThrownBy(own.within(Duration.ofHours(1))::check).hasMessage("it leaves");
    caller.check();
  }

  @Test
  void what_the_caller_cancelled_is_not_given_back() {
    Operation caller = Operation.background();
    Operation own = caller.reportingTo(Progress.NONE);
    caller.cancel("no more");
    own.giveBack("it leaves");
    assertEnded(own, ErrorCode.CANCELLED);
  }

  @Test
  void cancels_its_children_and_not_its_parent() {
    Operation parent = Operation.background();
    Operation child = parent.within(Duration.ofHours(1));
    Operation grandchild = child.reportingTo(Progress.NONE);
    assertThat(grandchild.id()).isEqualTo(parent.id());
    child.cancel("child");
    assertThat(parent.ended()).isFalse();
    assertEnded(grandchild, ErrorCode.CANCELLED);
    Operation other = parent.reportingTo(Progress.NONE);
    parent.cancel("parent");
    assertThatThrownBy(other::check).hasMessage("parent");
    assertThatThrownBy(child::check).hasMessage("child");
    assertThatThrownBy(() -> parent.within(Duration.ofHours(1)).check()).hasMessage("parent");
  }

  @Test
  void runs_the_actions_of_grandchildren_and_wakes_them() throws Exception {
    Operation parent = Operation.background();
    Operation grandchild = parent.within(Duration.ofHours(1)).reportingTo(Progress.NONE);
    List<String> ran = new ArrayList<>();
    grandchild.onCancel(() -> ran.add("withdrawn")).close();
    grandchild.onCancel(() -> ran.add("kept"));
    CountDownLatch asked = new CountDownLatch(1);
    AtomicReference<Throwable> waiting = waiting(grandchild, asked);
    asked.await();
    parent.cancel("parent");
    synchronized (waiting) {
      while (waiting.get() == null) {
        waiting.wait(10);
      }
    }
    assertThat(waiting.get()).hasMessage("parent");
    assertThat(ran).containsExactly("kept");
    grandchild.cancel("later");
    assertThatThrownBy(grandchild::check).hasMessage("parent");
  }

  @Test
  void does_not_pause_a_child_of_what_was_cancelled() {
    Operation parent = Operation.background();
    Operation child = parent.within(Duration.ofHours(1));
    parent.cancel("parent");
    child.pause(Duration.ofHours(1));
    assertEnded(child, ErrorCode.CANCELLED);
  }

  @Test
  void is_not_kept_by_its_parent_once_nothing_waits_any_more() {
    Operation parent = Operation.background();
    WeakReference<Operation> over = new WeakReference<>(finishedChild(parent));
    Operation.background()
        .within(Duration.ofSeconds(20))
        .await(
            () -> {
              System.gc();
              return over.refersTo(null);
            },
            Duration.ofMillis(5));
    parent.check();
  }

  private static Operation finishedChild(Operation parent) {
    Operation child = parent.within(Duration.ofHours(1));
    child.onCancel(() -> {}).close();
    child.pause(Duration.ofMillis(1));
    Operation cancelled = child.reportingTo(Progress.NONE);
    cancelled.onCancel(() -> {});
    cancelled.cancel("over");
    return child;
  }

  @Test
  void reports_progress_where_it_was_told() {
    List<ProgressEvent> events = new ArrayList<>();
    List<ProgressEvent> elsewhere = new ArrayList<>();
    Operation operation = Operation.start(events::add);
    operation.progress().stage("boot", "booting");
    operation.within(Duration.ofHours(1)).progress().bytes("pull", "pulling", 1, -1);
    operation.reportingTo(elsewhere::add).progress().stage("x", "y");
    assertThat(events)
        .containsExactly(
            new ProgressEvent("boot", "booting", -1, -1),
            new ProgressEvent("pull", "pulling", 1, -1));
    assertThat(events).extracting(ProgressEvent::countsBytes).containsExactly(false, true);
    assertThat(elsewhere).hasSize(1);
  }

  @Test
  void waits_for_a_condition() {
    AtomicInteger asked = new AtomicInteger();
    Operation.background().await(() -> asked.incrementAndGet() == 3, Duration.ofMillis(1));
    assertThat(asked).hasValue(3);
    Operation limited = Operation.background().within(Duration.ofMillis(20));
    assertThatThrownBy(() -> limited.await(() -> false, Duration.ofHours(1)))
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
  }

  @Test
  void asks_nothing_for_an_operation_that_has_ended() {
    Operation operation = Operation.background();
    operation.cancel("before");
    assertThatThrownBy(
            () ->
                operation.await(
                    () -> {
                      throw new AssertionError("asked");
                    },
                    Duration.ofMillis(1)))
        .hasMessage("before");
  }

  @Test
  void wakes_who_waits_when_it_is_cancelled_or_interrupted() throws Exception {
    Operation operation = Operation.background();
    CountDownLatch asked = new CountDownLatch(2);
    AtomicReference<Throwable> first = waiting(operation, asked);
    Operation interrupted = Operation.background();
    CountDownLatch interruptedAsked = new CountDownLatch(1);
    AtomicReference<Throwable> second = new AtomicReference<>();
    Thread sleeper =
        new Thread(
            () -> {
              try {
                interrupted.await(
                    () -> {
                      interruptedAsked.countDown();
                      return false;
                    },
                    Duration.ofHours(1));
              } catch (BangerException e) {
                second.set(e);
              }
            });
    sleeper.start();
    interruptedAsked.await();
    sleeper.interrupt();
    sleeper.join();
    assertThat(second.get()).hasMessage("interrupted");
    asked.countDown();
    asked.await();
    operation.cancel("go");
    synchronized (first) {
      while (first.get() == null) {
        first.wait(10);
      }
    }
    assertThat(first.get()).hasMessage("go");
  }

  private static AtomicReference<Throwable> waiting(Operation operation, CountDownLatch asked) {
    AtomicReference<Throwable> outcome = new AtomicReference<>();
    new Thread(
            () -> {
              try {
                operation.await(
                    () -> {
                      asked.countDown();
                      return false;
                    },
                    Duration.ofHours(1));
              } catch (BangerException e) {
                outcome.set(e);
              }
            })
        .start();
    return outcome;
  }
}
