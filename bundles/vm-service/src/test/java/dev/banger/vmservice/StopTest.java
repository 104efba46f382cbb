// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What others see of a stop, and who may cut it short. */
@Timeout(60)
class StopTest {
  private static final Duration FOR_EVER = Duration.ofSeconds(Long.MAX_VALUE);

  @TempDir Path directory;
  private final ExecutorService pool = Executors.newCachedThreadPool();
  private final Operation operation = Operation.background();
  private Platform platform;
  private Vm vm;

  @BeforeEach
  void start() {
    platform = new Platform(directory);
    vm = platform.create("web");
    platform.start("web");
  }

  @AfterEach
  void deactivate() {
    platform.close();
    pool.shutdownNow();
  }

  @Test
  void a_list_during_a_stop_does_not_say_that_the_machine_ended_by_itself() {
    AtomicReference<Vm> shown = new AtomicReference<>();
    platform.hypervisor.beforeTerminate =
        () -> shown.set(platform.machines().list().get(0)); // the guest has powered off by now
    assertThat(stop().lastError()).isNull();
    assertThat(shown.get().state()).isEqualTo(VmState.STOPPED);
    assertThat(shown.get().lastError()).isNull();
    assertThat(platform.stored(vm).lastError()).isNull();
  }

  @Test
  void a_list_while_a_machine_is_ended_by_force_does_not_say_that_it_ended_by_itself() {
    platform.restart(); // which closes the connection
    platform.faults.inject("open_agent");
    AtomicReference<Vm> shown = new AtomicReference<>();
    platform.hypervisor.beforeSweep = () -> shown.set(platform.machines().list().get(0));
    assertThat(stop().lastError()).isNull();
    assertThat(shown.get().lastError()).isNull();
    platform.faults.clear();
    platform.hypervisor.beforeSweep = () -> {};
    platform.start("web");
    platform.hypervisor.beforeSweep = () -> shown.set(platform.machines().find("web"));
    platform.machines().delete("web", Operation.background());
    assertThat(shown.get().state()).isEqualTo(VmState.STOPPED);
    assertThat(shown.get().lastError()).isNull();
  }

  @Test
  void a_list_that_began_before_a_stop_shows_how_the_stop_ended() {
    platform.store.afterNextList(this::stop);
    assertThat(platform.machines().list()).containsExactly(platform.stored(vm));
    assertThat(platform.stored(vm).lastError()).isNull();
  }

  @Test
  void a_list_that_began_before_a_deletion_shows_nothing_of_it() {
    platform.store.afterNextList(() -> platform.machines().delete("web", Operation.background()));
    assertThat(platform.machines().list()).isEmpty();
  }

  @Test
  void a_machine_that_ends_by_itself_at_that_moment_is_stopped_like_any_other() {
    platform.hypervisor.afterNextAlive(platform.hypervisor::killAll);
    assertThat(stop().state()).isEqualTo(VmState.STOPPED);
    assertThat(platform.stored(vm).state()).isEqualTo(VmState.STOPPED);
    platform.start("web");
    platform.hypervisor.afterNextAlive(platform.hypervisor::killAll);
    Vm killed = platform.machines().kill("web", "KILL", Operation.background());
    assertThat(killed.state()).isEqualTo(VmState.STOPPED);
  }

  @Test
  void a_caller_who_leaves_before_the_guest_was_asked_leaves_the_machine_running() {
    platform.restart(); // which closes the connection
    platform.hypervisor.beforeOpenAgent = () -> operation.cancel("the caller left");
    Throwable outcome = catchThrowable(() -> platform.machines().stop("web", FOR_EVER, operation));
    assertCode(ErrorCode.CANCELLED, outcome);
    assertThat(platform.hypervisor.powerOffAsked.getCount()).isEqualTo(1);
    assertThat(platform.stored(vm).state()).isEqualTo(VmState.RUNNING);
    assertThat(platform.hypervisor.running()).isEqualTo(1);
    platform.hypervisor.killAll();
    assertThat(platform.machines().find("web").lastError()).contains("ended by itself");
  }

  @Test
  void a_stop_is_finished_although_its_caller_leaves_after_the_guest_was_asked() throws Exception {
    CountDownLatch left = new CountDownLatch(1);
    platform.hypervisor.beforePowerOff = () -> await(left);
    Future<Vm> stop = stopping();
    platform.hypervisor.powerOffAsked.await();
    operation.cancel("the caller left");
    left.countDown();
    assertThat(stop.get().state()).isEqualTo(VmState.STOPPED);
    assertThat(platform.stored(vm).state()).isEqualTo(VmState.STOPPED);
    assertThat(platform.hypervisor.running()).isZero();
    assertThat(platform.runDirectory(vm)).doesNotExist();
  }

  @Test
  void a_restart_whose_caller_leaves_ends_as_a_stop() throws Exception {
    CountDownLatch left = new CountDownLatch(1);
    platform.hypervisor.beforePowerOff = () -> await(left);
    Future<Vm> restart = pool.submit(() -> platform.machines().restart("web", FOR_EVER, operation));
    platform.hypervisor.powerOffAsked.await();
    operation.cancel("the caller left");
    left.countDown();
    assertCode(ErrorCode.CANCELLED, outcome(restart::get));
    assertThat(platform.stored(vm).state()).isEqualTo(VmState.STOPPED);
    assertThat(platform.hypervisor.running()).isZero();
  }

  @Test
  void a_kill_does_not_wait_for_the_grace_of_a_stop() throws Exception {
    platform.hypervisor.guestIgnoresPowerOff = true;
    Future<Vm> stop = stopping();
    platform.hypervisor.powerOffAsked.await();
    Vm killed = platform.machines().kill("web", "KILL", Operation.background());
    assertThat(killed.state()).isEqualTo(VmState.STOPPED);
    assertThat(stop.get().state()).isEqualTo(VmState.STOPPED);
    assertThat(platform.hypervisor.running()).isZero();
  }

  @Test
  void a_deletion_does_not_wait_for_the_grace_of_a_stop() throws Exception {
    platform.hypervisor.guestIgnoresPowerOff = true;
    Future<Vm> stop = stopping();
    platform.hypervisor.powerOffAsked.await();
    platform.machines().delete("web", Operation.background());
    assertThat(stop.get().state()).isEqualTo(VmState.STOPPED);
    assertThat(platform.store.list()).isEmpty();
  }

  @Test
  void a_guest_has_its_time_also_while_its_driver_is_being_updated() throws Exception {
    AtomicInteger looks = new AtomicInteger();
    platform.hypervisorArrives(lookedFor(looks::incrementAndGet));
    platform.hypervisor.guestIgnoresPowerOff = true;
    platform.hypervisor.beforePowerOff = platform::hypervisorLeaves;
    Future<Vm> stop = stopping();
    platform.hypervisor.powerOffAsked.await();
    awaitMore(looks, stop);
    platform.hypervisorArrives();
    awaitMore(looks, stop);
    assertThat(platform.hypervisor.running()).as("not ended by force").isEqualTo(1);
    assertThat(stop).isNotDone();
    platform.hypervisor.killAll(); // the guest obeys at last
    assertThat(stop.get().state()).isEqualTo(VmState.STOPPED);
    assertThat(platform.events.latest(vm.id(), 1).get(0).details())
        .containsEntry("how", "power_off");
  }

  /** Waits for as many looks as a stop by force makes, and more. */
  private static void awaitMore(AtomicInteger looks, Future<Vm> stop) {
    int before = looks.get();
    Operation.background()
        .within(Duration.ofSeconds(30))
        .await(() -> looks.get() > before + 10 || stop.isDone(), Duration.ofMillis(2));
  }

  /** A hypervisor that is told whenever one is looked for. */
  private static Hypervisor lookedFor(Runnable told) {
    return (Hypervisor)
        Proxy.newProxyInstance(
            Hypervisor.class.getClassLoader(),
            new Class<?>[] {Hypervisor.class},
            (proxy, method, arguments) -> {
              told.run();
              return "other";
            });
  }

  @Test
  void a_service_that_leaves_during_a_stop_leaves_the_machine_to_the_next_one() throws Exception {
    platform.hypervisor.guestIgnoresPowerOff = true;
    Future<Vm> stop = stopping();
    platform.hypervisor.powerOffAsked.await();
    platform.close();
    assertCode(ErrorCode.UPDATING, outcome(stop::get));
    assertThat(platform.hypervisor.running()).isEqualTo(1);
    assertThat(platform.stored(vm).state()).isEqualTo(VmState.RUNNING);
    platform.hypervisor.killAll(); // the guest obeys at last
    platform.restart();
    assertThat(platform.machines().find("web").state()).isEqualTo(VmState.STOPPED);
    Operation.background()
        .within(Duration.ofSeconds(30))
        .await(() -> platform.stored(vm).state() == VmState.STOPPED, Duration.ofMillis(2));
    assertThat(platform.stored(vm).lastError()).as("it was asked for").isNull();
    platform.start("web");
    platform.hypervisor.killAll();
    assertThat(platform.machines().find("web").lastError()).contains("ended by itself");
  }

  private Future<Vm> stopping() {
    return pool.submit(() -> platform.machines().stop("web", FOR_EVER, operation));
  }

  private Vm stop() {
    return platform.machines().stop("web", Duration.ofSeconds(1), Operation.background());
  }

  private static Throwable outcome(Callable<Vm> call) {
    return catchThrowable(
        () -> {
          try {
            call.call();
          } catch (ExecutionException e) {
            throw e.getCause();
          }
        });
  }

  private static void assertCode(ErrorCode code, Throwable outcome) {
    assertThat(outcome)
        .isInstanceOfSatisfying(BangerException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
