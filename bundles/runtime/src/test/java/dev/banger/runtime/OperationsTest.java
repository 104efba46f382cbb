// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hostservice.JacksonJson;
import dev.banger.operation.Operation;
import dev.banger.operation.OperationStatus;
import dev.banger.operation.OperationStatus.Stage;
import dev.banger.operation.OperationStatus.State;
import dev.banger.operation.OperationSummary;
import dev.banger.operation.ProgressEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class OperationsTest {
  private Instant now = Instant.parse("2026-01-02T03:04:05Z");
  private final OperationHandover handover = OperationHandover.none();
  private Operations operations = new Operations(() -> now, handover);
  private final Map<Operations.Running, OperationTrace> traces = new HashMap<>();

  private Operations.Running begin(String id) {
    OperationTrace trace = operations.trace("vm.start");
    Operations.Running running = operations.enterBackground(Operation.of(id, trace), trace);
    traces.put(running, trace);
    return running;
  }

  private void end(Operations.Running running) {
    traces.get(running).done(new KeptResult("1", new JacksonJson()));
    running.close();
  }

  /** The next version of the bundle comes. */
  private void update() {
    operations.leave();
    operations = new Operations(() -> now, handover);
  }

  private static ErrorCode code(Runnable call) {
    try {
      call.run();
    } catch (BangerException e) {
      return e.code();
    }
    throw new AssertionError("nothing was refused");
  }

  @Test
  void keeps_what_was_begun_and_forgets_what_was_waited_for() {
    OperationTrace trace = operations.trace("ping");
    Operations.Running waited = operations.enter(Operation.of("op-1", trace), trace);
    Operations.Running begun = begin("op-2");
    assertThat(operations.status("op-1").state()).isEqualTo(State.RUNNING);
    waited.close();
    end(begun);
    assertThat(operations.list()).extracting(OperationSummary::id).containsExactly("op-2");
    assertThat(operations.status("op-2").state()).isEqualTo(State.DONE);
    assertThat(code(() -> operations.status("op-1"))).isEqualTo(ErrorCode.NOT_FOUND);
    assertThat(operations.running()).isZero();
  }

  @Test
  void a_status_is_a_snapshot_that_nothing_changes_any_more() {
    Operations.Running running = begin("op-1");
    running.operation().progress().stage("boot", "booting");
    OperationStatus early = operations.status("op-1");
    now = now.plusSeconds(3);
    running.operation().progress().stage("agent", "waiting for the agent");
    running.operation().progress().bytes("agent", "counting", 1, 2);
    end(running);
    running.operation().progress().stage("late", "after the end");
    assertThat(early.state()).isEqualTo(State.RUNNING);
    assertThat(early.stages()).extracting(Stage::name).containsExactly("boot");
    assertThatThrownBy(() -> early.stages().clear())
        .isInstanceOf(UnsupportedOperationException.class);
    OperationStatus last = operations.status("op-1");
    assertThat(last.stages())
        .containsExactly(
            new Stage("boot", "booting", now.minusSeconds(3)),
            new Stage("agent", "waiting for the agent", now));
    assertThat(last.message()).isEqualTo("counting");
    assertThat(last.endedAt()).isEqualTo(now);
  }

  @Test
  void stages_are_bounded_and_the_latest_are_kept() {
    Operations.Running running = begin("op-1");
    for (int i = 0; i <= OperationTrace.STAGE_LIMIT; i++) {
      running.operation().progress().stage("s" + i, "");
    }
    assertThat(operations.status("op-1").stages())
        .hasSize(OperationTrace.STAGE_LIMIT)
        .extracting(Stage::name)
        .startsWith("s1")
        .endsWith("s" + OperationTrace.STAGE_LIMIT);
  }

  @Test
  void keeps_the_last_hundred() {
    for (int i = 0; i <= Operations.KEPT; i++) {
      end(begin("op-" + i));
    }
    assertThat(operations.list()).hasSize(Operations.KEPT);
    assertThat(code(() -> operations.status("op-0"))).isEqualTo(ErrorCode.NOT_FOUND);
    assertThat(operations.status("op-1").state()).isEqualTo(State.DONE);
  }

  @Test
  void keeps_what_has_ended_for_an_hour_and_what_runs_for_as_long_as_it_runs() {
    Operations.Running long1 = begin("op-1");
    end(begin("op-2"));
    now = now.plus(Operations.KEPT_FOR);
    assertThat(operations.status("op-2").state()).isEqualTo(State.DONE);
    now = now.plus(Duration.ofMillis(1));
    assertThat(operations.list()).extracting(OperationSummary::id).containsExactly("op-1");
    end(long1);
  }

  @Test
  void an_id_is_begun_once_while_it_is_known() {
    Operations.Running first = begin("op-1");
    assertThat(code(() -> begin("op-1"))).isEqualTo(ErrorCode.ALREADY_EXISTS);
    end(first);
    assertThat(code(() -> begin("op-1"))).isEqualTo(ErrorCode.ALREADY_EXISTS);
    now = now.plus(Operations.KEPT_FOR).plusSeconds(1);
    end(begin("op-1"));
  }

  @Test
  void so_many_run_in_the_background_and_no_more() {
    List<Operations.Running> all = new ArrayList<>();
    for (int i = 0; i < Operations.BACKGROUND_LIMIT; i++) {
      all.add(begin("op-" + i));
    }
    assertThat(code(() -> begin("op-more"))).isEqualTo(ErrorCode.UNAVAILABLE);
    end(all.get(0));
    end(begin("op-more"));
  }

  /** One that waits in a thread of its own, and what it was told so far. */
  private final class Watcher {
    final List<ProgressEvent> told = new CopyOnWriteArrayList<>();
    final Semaphore reports = new Semaphore(0);
    final Operation operation =
        Operation.start(
            event -> {
              told.add(event);
              reports.release();
            });
    final CompletableFuture<OperationStatus> end;

    Watcher(String id) {
      end = CompletableFuture.supplyAsync(() -> operations.await(id, operation));
    }

    void awaitReports(int count) throws InterruptedException {
      assertThat(reports.tryAcquire(count, 20, TimeUnit.SECONDS)).isTrue();
    }

    List<String> messages() {
      return told.stream().map(ProgressEvent::message).toList();
    }
  }

  @Test
  @Timeout(30)
  void who_waits_is_told_all_stages_and_the_end() throws Exception {
    Operations.Running running = begin("op-1");
    running.operation().progress().stage("image", "pulling");
    running.operation().progress().stage("boot", "booting");
    Watcher early = new Watcher("op-1");
    early.awaitReports(2);
    running.operation().progress().bytes("boot", "counting", 1, 2);
    early.awaitReports(1);
    running.operation().progress().stage("agent", "waiting");
    end(running);
    OperationStatus ended = early.end.get();
    assertThat(ended.state()).isEqualTo(State.DONE);
    assertThat(ended.result()).isEqualTo(1);
    assertThat(early.messages()).containsExactly("pulling", "booting", "counting", "waiting");
    assertThat(early.told.get(2)).isEqualTo(new ProgressEvent("boot", "counting", 1, 2));
  }

  @Test
  @Timeout(30)
  void one_that_has_ended_is_told_at_once() throws Exception {
    Operations.Running running = begin("op-1");
    running.operation().progress().stage("boot", "booting");
    traces.get(running).failed(false, Failures.of(new IllegalStateException("broken")));
    running.close();
    Watcher late = new Watcher("op-1");
    assertThat(late.end.get().state()).isEqualTo(State.FAILED);
    assertThat(late.messages()).containsExactly("booting");
  }

  @Test
  @Timeout(30)
  void who_stops_waiting_leaves_the_operation_alone() throws Exception {
    Operations.Running running = begin("op-1");
    running.operation().progress().stage("boot", "booting");
    Watcher watcher = new Watcher("op-1");
    watcher.awaitReports(1);
    watcher.operation.cancel("Ctrl-C");
    assertThatThrownBy(watcher.end::get).hasRootCauseMessage("Ctrl-C");
    assertThat(running.operation().ended()).isFalse();
    assertThat(
            code(
                () ->
                    operations.await("op-1", Operation.background().within(Duration.ofMillis(5)))))
        .isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
    end(running);
  }

  @Test
  @Timeout(30)
  void of_what_its_caller_waits_for_others_learn_only_that_it_ended() throws Exception {
    OperationTrace trace = operations.trace("vm.start");
    Operations.Running waited = operations.enter(Operation.of("op-1", trace), trace);
    waited.operation().progress().stage("boot", "booting");
    Watcher watcher = new Watcher("op-1");
    watcher.awaitReports(1);
    waited.close();
    assertThatThrownBy(watcher.end::get)
        .hasRootCauseMessage("operation op-1 has ended; only the one who called it was told how");
    assertThat(code(() -> operations.await("op-1", Operation.background())))
        .isEqualTo(ErrorCode.NOT_FOUND);
  }

  @Test
  @Timeout(30)
  void a_watcher_that_stands_still_holds_up_nobody() throws Exception {
    Operations.Running running = begin("op-1");
    CountDownLatch stands = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    Operation slow =
        Operation.start(
            event -> {
              stands.countDown();
              awaitQuietly(release);
            });
    CompletableFuture<OperationStatus> waiting =
        CompletableFuture.supplyAsync(() -> operations.await("op-1", slow));
    running.operation().progress().stage("s", "first");
    stands.await();
    for (int i = 0; i < 3 * OperationTrace.STAGE_LIMIT; i++) {
      running.operation().progress().stage("s" + i, "");
    }
    end(running);
    release.countDown();
    assertThat(waiting.get().state()).isEqualTo(State.DONE);
  }

  @Test
  @Timeout(30)
  void what_runs_over_updates_is_known_watched_and_cancelled_as_before() throws Exception {
    Operations.Running running = begin("op-1");
    running.operation().progress().stage("image", "pulling");
    update();
    Watcher early = new Watcher("op-1");
    early.awaitReports(1);
    update();
    Watcher late = new Watcher("op-1");
    late.awaitReports(1);
    assertThat(operations.status("op-1").state()).isEqualTo(State.RUNNING);
    assertThat(operations.running()).isEqualTo(1);
    assertThat(code(() -> begin("op-1"))).isEqualTo(ErrorCode.ALREADY_EXISTS);

    running.operation().progress().stage("boot", "booting");
    early.awaitReports(1);
    operations.cancel("op-1", "enough");
    assertThat(running.operation().ended()).isTrue();
    end(running);

    for (Watcher each : List.of(early, late)) {
      assertThat(each.end.get().result()).isEqualTo(1);
      assertThat(each.messages()).containsExactly("pulling", "booting");
    }
    assertThat(operations.running()).isZero();
    assertThat(operations.status("op-1").state()).isEqualTo(State.DONE);
  }

  @Test
  @Timeout(30)
  void what_has_ended_is_kept_over_updates_for_its_time() throws Exception {
    end(begin("op-1"));
    Operations.Running waited =
        operations.enter(Operation.of("op-2", event -> {}), operations.trace("ping"));
    waited.close();
    update();
    assertThat(operations.list()).extracting(OperationSummary::id).containsExactly("op-1");
    assertThat(new Watcher("op-1").end.get().result()).isEqualTo(1);
    now = now.plus(Operations.KEPT_FOR).plusSeconds(1);
    update();
    assertThat(operations.list()).isEmpty();
  }

  @Test
  void what_its_caller_waits_for_is_known_over_an_update_until_it_ends() {
    Operations.Running waited =
        operations.enter(Operation.of("op-1", event -> {}), operations.trace("ping"));
    update();
    assertThat(operations.list()).extracting(OperationSummary::background).containsExactly(false);
    waited.close();
    assertThat(operations.list()).isEmpty();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
