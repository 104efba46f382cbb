// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.event.Event;
import dev.banger.operation.Operation;
import dev.banger.testkit.MemoryEventStream;
import dev.banger.vm.ChangeVm;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LifetimeWatchTest {
  private static final Operation OPERATION = Operation.background();

  @TempDir Path directory;
  private final MemoryEventStream events = new MemoryEventStream();
  private final AtomicBoolean active = new AtomicBoolean();
  private Platform platform;
  private LifetimeWatch watch;
  private Instant now = Instant.now();
  private long nanos = 1L << 40;

  @BeforeEach
  void activate() {
    platform = new Platform(directory);
    platform.create("web");
    watch = watch();
  }

  @AfterEach
  void deactivate() {
    watch.deactivate();
    platform.close();
  }

  @Test
  void a_machine_is_deleted_when_its_time_is_over_and_not_before() {
    set(Duration.ofMinutes(10), null);
    pass(Duration.ofMinutes(4));
    assertThat(told()).isEmpty();
    pass(Duration.ofMinutes(2));
    assertThat(told()).containsExactly(Event.EXPIRING);
    pass(Duration.ofMinutes(3));
    assertThat(platform.machines().list()).hasSize(1);
    pass(Duration.ofMinutes(2));
    await(() -> platform.machines().list().isEmpty());
    assertThat(told()).containsExactly(Event.EXPIRING);
  }

  @Test
  void more_time_given_after_the_warning_is_heard() {
    set(Duration.ofMinutes(2), null);
    pass(Duration.ofSeconds(5));
    assertThat(told()).containsExactly(Event.EXPIRING);
    set(Duration.ofHours(1), null);
    pass(Duration.ofMinutes(10));
    set(Duration.ZERO, null);
    pass(Duration.ofHours(10));
    assertThat(platform.machines().list()).hasSize(1);
  }

  @Test
  void a_time_shorter_than_the_notice_is_kept() {
    set(Duration.ofSeconds(20), null);
    pass(Duration.ofSeconds(5));
    assertThat(told()).containsExactly(Event.EXPIRING);
    pass(Duration.ofSeconds(20));
    await(() -> platform.machines().list().isEmpty());
  }

  @Test
  void a_jump_of_the_clock_deletes_nothing_without_a_notice() {
    set(Duration.ofHours(1), null);
    now = now.plus(Duration.ofDays(365));
    watch.tick();
    assertThat(told()).containsExactly(Event.EXPIRING);
    pass(Duration.ofSeconds(59));
    assertThat(platform.machines().list()).hasSize(1);
    now = now.minus(Duration.ofDays(365)); // the clock was set right again
    pass(Duration.ofMinutes(10));
    assertThat(platform.machines().list()).hasSize(1);
  }

  @Test
  void a_daemon_that_finds_a_machine_overdue_warns_first() {
    set(Duration.ofMinutes(1), null);
    watch.deactivate();
    now = now.plus(Duration.ofHours(1));
    watch = watch();
    watch.tick();
    assertThat(told()).containsExactly(Event.EXPIRING);
    pass(Duration.ofSeconds(61));
    await(() -> platform.machines().list().isEmpty());
  }

  @Test
  void an_idle_machine_is_warned_of_and_stopped() {
    platform.start("web");
    set(null, Duration.ofMinutes(10));
    pass(Duration.ofSeconds(5)); // it was just started
    pass(Duration.ofMinutes(8));
    assertThat(told()).isEmpty();
    pass(Duration.ofMinutes(1));
    assertThat(told()).containsExactly(Event.IDLE);
    assertThat(state()).isEqualTo(VmState.RUNNING);
    pass(Duration.ofMinutes(1));
    await(() -> state() == VmState.STOPPED);
    assertThat(platform.machines().find("web").lastError()).isNull();
  }

  @Test
  void activity_a_touch_and_another_run_begin_the_idle_time_anew() {
    platform.start("web");
    set(null, Duration.ofMinutes(10));
    watch.tick();
    pass(Duration.ofMinutes(9));
    active.set(true);
    watch.tick();
    active.set(false);
    pass(Duration.ofMinutes(9));
    platform.store.update(stored().usedAt(Instant.now().plusSeconds(1)));
    watch.tick();
    pass(Duration.ofMinutes(9));
    platform.store.update(stored().running(stored().machine(), Instant.now().plusSeconds(2)));
    watch.tick();
    pass(Duration.ofMinutes(8));
    assertThat(state()).isEqualTo(VmState.RUNNING);
    assertThat(told()).containsExactly(Event.IDLE, Event.IDLE, Event.IDLE);
  }

  @Test
  void a_stopped_machine_is_never_idle_and_one_without_a_lifetime_is_left_alone() {
    set(null, Duration.ofMinutes(1));
    watch.tick();
    pass(Duration.ofHours(10));
    platform.start("web");
    set(Duration.ZERO, Duration.ZERO);
    watch.tick();
    pass(Duration.ofHours(10));
    assertThat(told()).isEmpty();
    assertThat(state()).isEqualTo(VmState.RUNNING);
  }

  @Test
  void more_time_given_at_the_last_moment_is_heard() {
    set(Duration.ofMinutes(1), null);
    Vm seen = stored();
    set(Duration.ofHours(1), null);
    platform.machines().deleteDue(seen, OPERATION);
    assertThat(platform.machines().list()).hasSize(1);
    platform.machines().deleteDue(stored(), OPERATION);
    assertThat(platform.machines().list()).isEmpty();
  }

  @Test
  void a_use_at_the_last_moment_is_heard() {
    Vm seen = platform.start("web");
    platform.store.update(seen.usedAt(Instant.now().plusSeconds(1)));
    platform.machines().stopDue(seen, Duration.ofSeconds(1), OPERATION);
    assertThat(state()).isEqualTo(VmState.RUNNING);
    platform.machines().stopDue(stored(), Duration.ofSeconds(1), OPERATION);
    assertThat(state()).isEqualTo(VmState.STOPPED);
  }

  @Test
  void a_connection_to_a_port_is_seen_while_it_is_there() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThat(GuestActivity.isConnected(server.getLocalPort())).isFalse();
      try (Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
          Socket accepted = server.accept()) {
        assertThat(accepted.isConnected() && client.isConnected()).isTrue();
        assertThat(GuestActivity.isConnected(server.getLocalPort())).isTrue();
      }
    }
  }

  private LifetimeWatch watch() {
    return new LifetimeWatch(
        platform.machines(), platform.store, events, vm -> active.get(), () -> now, () -> nanos);
  }

  /** Lets time pass on both clocks and looks once. */
  private void pass(Duration time) {
    now = now.plus(time);
    nanos += time.toNanos();
    watch.tick();
  }

  private void set(Duration timeToLive, Duration idleStop) {
    platform
        .machines()
        .set(
            "web", ChangeVm.builder().timeToLive(timeToLive).idleStop(idleStop).build(), OPERATION);
    if (timeToLive != null && !timeToLive.isZero()) {
      now = stored().lifetime().expiresAt().minus(timeToLive);
    }
  }

  private Vm stored() {
    return platform.store.findByName("web").orElseThrow();
  }

  private VmState state() {
    return stored().state();
  }

  private List<String> told() {
    return events.latest(null, 100).stream().map(Event::kind).toList();
  }

  private static void await(BooleanSupplier condition) {
    Operation.background().within(Duration.ofSeconds(20)).await(condition, Duration.ofMillis(2));
  }
}
