// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ConcurrentCallsTest {
  @TempDir Path directory;
  private Platform platform;

  @BeforeEach
  void activate() {
    platform = new Platform(directory);
  }

  @AfterEach
  void deactivate() {
    platform.close();
  }

  @Test
  void fifty_creations_get_fifty_ports_and_names() throws InterruptedException {
    List<Object> outcomes = together(50, () -> platform.create(null));
    assertThat(outcomes).hasSize(50).allMatch(Vm.class::isInstance);
    assertThat(platform.store.list().stream().map(vm -> vm.network().sshPort()).distinct())
        .hasSize(50);
    assertThat(Platform.names(platform.state().resolve("vms"))).hasSize(50);
  }

  @RepeatedTest(5)
  void of_many_creations_of_one_name_one_succeeds() throws InterruptedException {
    List<Object> outcomes = together(8, () -> platform.create("web"));
    assertThat(outcomes).filteredOn(Vm.class::isInstance).hasSize(1);
    assertThat(outcomes)
        .filteredOn(BangerException.class::isInstance)
        .hasSize(7)
        .allMatch(e -> ((BangerException) e).code() == ErrorCode.ALREADY_EXISTS);
    assertThat(Platform.names(platform.state().resolve("vms"))).hasSize(1);
  }

  @RepeatedTest(5)
  void of_many_starts_one_starts_it() throws InterruptedException {
    platform.create("web");
    List<Object> outcomes = together(6, () -> platform.start("web"));
    assertThat(outcomes)
        .allMatch(vm -> vm instanceof Vm started && started.state() == VmState.RUNNING);
    assertThat(platform.hypervisor.started).hasSize(1);
  }

  @RepeatedTest(10)
  void a_deletion_that_meets_a_start_leaves_nothing() throws InterruptedException {
    Vm vm = platform.create("web");
    List<Object> outcomes =
        together(
            2,
            () -> platform.start("web"),
            () -> {
              platform.machines().delete("web", Operation.background());
              return "deleted";
            });
    assertThat(outcomes.get(1)).isEqualTo("deleted");
    if (outcomes.get(0) instanceof BangerException lost) {
      assertThat(lost.code()).isIn(ErrorCode.NOT_FOUND, ErrorCode.CANCELLED);
    }
    assertThat(platform.hypervisor.running()).isZero();
    assertThat(platform.store.list()).isEmpty();
    assertThat(vm.files().directory()).doesNotExist();
    assertThat(platform.runDirectory(vm)).doesNotExist();
  }

  @Test
  void listing_does_not_wait_for_a_start() throws InterruptedException, ExecutionException {
    platform.create("web");
    CountDownLatch starting = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    platform.hypervisor.beforeStart =
        config -> {
          starting.countDown();
          try {
            go.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        };
    ExecutorService pool = Executors.newSingleThreadExecutor();
    Future<Vm> start = pool.submit(() -> platform.start("web"));
    starting.await();
    assertThat(platform.machines().list()).hasSize(1);
    assertThat(start).isNotDone();
    go.countDown();
    assertThat(start.get().state()).isEqualTo(VmState.RUNNING);
    pool.shutdown();
  }

  @Test
  void a_service_that_leaves_undoes_what_is_under_way_and_takes_no_more()
      throws InterruptedException {
    Vm vm = platform.create("web");
    CountDownLatch starting = new CountDownLatch(1);
    platform.hypervisor.guestIsSilent = true;
    platform.hypervisor.beforeStart = config -> starting.countDown();
    ExecutorService pool = Executors.newSingleThreadExecutor();
    Future<Vm> start = pool.submit(() -> platform.start("web"));
    starting.await();
    platform.machines().deactivate();
    assertThat(catchThrowable(start::get))
        .cause()
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UPDATING));
    assertThat(platform.hypervisor.running()).isZero();
    assertThat(platform.stored(vm).state()).isEqualTo(VmState.CREATED);
    assertThat(catchThrowable(() -> platform.start("web")))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UPDATING));
    pool.shutdown();
  }

  @Test
  void what_never_ends_keeps_a_service_from_leaving_no_longer_than_its_bound() throws IOException {
    platform.create("db");
    platform.start("db");
    platform.create("web");
    CountDownLatch go = new CountDownLatch(1);
    CountDownLatch blocked = new CountDownLatch(2);
    Runnable block =
        () -> {
          blocked.countDown();
          awaitUninterruptibly(go);
        };
    ExecutorService pool = Executors.newSingleThreadExecutor();
    platform.hypervisor.beforeStart = config -> block.run();
    Future<Vm> start = pool.submit(() -> platform.start("web"));
    Files.createDirectories(platform.state().resolve("vms/00000000dead"));
    platform.hypervisor.beforeSweep = block;
    platform.hypervisorArrives();
    awaitUninterruptibly(blocked);
    long begin = System.nanoTime();
    try {
      platform.machines().leave(Duration.ofMillis(100));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    // Far below the sum of what its parts were once given, far above the bound.
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(9));
    assertThat(start).isNotDone();
    assertThat(platform.hypervisor.running()).as("machines run on").isEqualTo(1);
    go.countDown();
    assertThat(catchThrowable(start::get)).hasRootCauseInstanceOf(BangerException.class);
    assertThat(platform.hypervisor.running()).isEqualTo(1);
    pool.shutdown();
  }

  @Test
  void a_start_under_way_waits_for_a_driver_that_is_being_updated() throws Exception {
    platform.create("web");
    CountDownLatch left = new CountDownLatch(1);
    platform.store.afterNextFindById(
        () -> {
          platform.hypervisorLeaves();
          left.countDown();
        });
    FutureTask<Vm> start = new FutureTask<>(() -> platform.start("web"));
    Thread thread = new Thread(start, "start");
    thread.start();
    left.await();
    while (thread.getState() != Thread.State.TIMED_WAITING && !start.isDone()) {
      Thread.onSpinWait();
    }
    platform.hypervisorArrives();
    assertThat(start.get().state()).isEqualTo(VmState.RUNNING);
  }

  @Test
  void a_guest_that_boots_is_waited_for_while_its_driver_is_being_updated() throws Exception {
    platform.create("web");
    CountDownLatch left = new CountDownLatch(1);
    platform.hypervisor.beforeStart =
        config -> {
          platform.hypervisorLeaves();
          left.countDown();
        };
    FutureTask<Vm> start = new FutureTask<>(() -> platform.start("web"));
    Thread thread = new Thread(start, "start");
    thread.start();
    left.await();
    while (thread.getState() != Thread.State.TIMED_WAITING && !start.isDone()) {
      Thread.onSpinWait();
    }
    platform.hypervisorArrives();
    assertThat(start.get().state()).isEqualTo(VmState.RUNNING);
  }

  @Test
  void who_asks_a_guest_waits_for_a_driver_that_is_being_updated() throws Exception {
    platform.create("web");
    platform.start("web");
    platform.restart(); // so that the connection is made anew
    platform.hypervisorLeaves();
    for (Callable<?> call :
        List.<Callable<?>>of(
            () -> platform.guests().ping("web", Operation.background()),
            () -> platform.machines().statistics("web", Operation.background()))) {
      FutureTask<?> asking = new FutureTask<>(call);
      Thread thread = new Thread(asking, "asking");
      thread.start();
      while (thread.getState() != Thread.State.TIMED_WAITING && !asking.isDone()) {
        Thread.onSpinWait();
      }
      platform.hypervisorArrives();
      assertThat(asking.get()).isNotNull();
      platform.hypervisorLeaves();
    }
    platform.hypervisorArrives();
  }

  @Test
  void who_waits_for_a_driver_that_waits_for_the_service_is_sent_to_the_next_one()
      throws Exception {
    platform.create("web");
    platform.hypervisorLeaves();
    FutureTask<Vm> touch =
        new FutureTask<>(() -> platform.machines().touch("web", Operation.background()));
    Thread thread = new Thread(touch, "touch");
    thread.start();
    while (thread.getState() != Thread.State.TIMED_WAITING && !touch.isDone()) {
      Thread.onSpinWait();
    }
    // Without a bound: nothing cancels what waits in vain.
    platform.machines().leave(Duration.ofDays(1));
    assertThat(catchThrowable(touch::get))
        .cause()
        .isInstanceOfSatisfying(
            BangerException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.UPDATING);
              assertThat(e).hasMessageContaining("try again");
            });
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @SafeVarargs
  private static List<Object> together(int count, Callable<Object>... calls)
      throws InterruptedException {
    ExecutorService pool = Executors.newFixedThreadPool(count);
    CountDownLatch go = new CountDownLatch(1);
    List<Future<Object>> futures = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Callable<Object> call = calls[i % calls.length];
      futures.add(
          pool.submit(
              () -> {
                go.await();
                return call.call();
              }));
    }
    go.countDown();
    List<Object> outcomes = new ArrayList<>();
    for (Future<Object> future : futures) {
      try {
        outcomes.add(future.get());
      } catch (ExecutionException e) {
        outcomes.add(e.getCause());
      }
    }
    pool.shutdown();
    return outcomes;
  }
}
