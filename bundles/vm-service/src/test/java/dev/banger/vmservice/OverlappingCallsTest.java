// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.ExecRequest;
import dev.banger.operation.Operation;
import dev.banger.vm.ChangeVm;
import dev.banger.vm.Lifetime;
import dev.banger.vm.PruneVms;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import dev.banger.wire.Frame;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.ByteChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Calls that meet at a known moment of each other. */
@Timeout(60)
class OverlappingCallsTest {
  @TempDir Path directory;
  private final ExecutorService pool = Executors.newCachedThreadPool();
  private final CountDownLatch reached = new CountDownLatch(1);
  private final CountDownLatch go = new CountDownLatch(1);
  private Platform platform;

  @BeforeEach
  void activate() {
    platform = new Platform(directory);
  }

  @AfterEach
  void deactivate() {
    go.countDown();
    platform.close();
    platform.hypervisor.killAll();
    pool.shutdownNow();
  }

  @Test
  void creations_of_different_names_overlap() throws Exception {
    CountDownLatch both = meeting(2);
    platform.images.whileResolving = () -> meet(both);
    Future<Vm> web = pool.submit(() -> platform.create("web"));
    Future<Vm> api = pool.submit(() -> platform.create("api"));
    assertThat(web.get().name()).isEqualTo("web");
    assertThat(api.get().name()).isEqualTo("api");
    assertThat(web.get().network().sshPort()).isNotEqualTo(api.get().network().sshPort());
  }

  @Test
  void of_two_creations_that_both_found_the_name_free_one_wins_and_one_is_told() throws Exception {
    CountDownLatch both = meeting(2);
    platform.images.whileResolving = () -> meet(both);
    List<Future<Vm>> creations =
        List.of(
            pool.submit(() -> platform.create("web")), pool.submit(() -> platform.create("web")));
    List<Vm> won = new ArrayList<>();
    List<Throwable> lost = new ArrayList<>();
    for (Future<Vm> creation : creations) {
      Throwable error = error(creation);
      if (error == null) {
        won.add(creation.get());
      } else {
        lost.add(error);
      }
    }
    assertThat(lost).singleElement().satisfies(e -> assertCode(e, ErrorCode.ALREADY_EXISTS));
    assertThat(platform.store.list()).isEqualTo(won).hasSize(1);
    assertThat(Platform.names(platform.state().resolve("vms"))).containsExactly(won.get(0).id());
  }

  @Test
  void a_deletion_waits_for_the_start_that_came_first_and_leaves_nothing_of_it() throws Exception {
    Vm vm = platform.create("web");
    platform.hypervisor.beforeStart = config -> holdUp();
    Future<Vm> start = pool.submit(() -> platform.start("web"));
    reached.await();
    Future<?> deletion = pool.submit(this::delete);
    assertThat(deletion).isNotDone();
    assertThat(platform.store.list()).hasSize(1);
    go.countDown();
    Throwable lost = error(start); // when the deletion could say in time that it need not go on
    if (lost != null) {
      assertCode(lost, ErrorCode.CANCELLED);
    }
    assertThat(error(deletion)).isNull();
    assertNothingIsLeft(vm);
  }

  @Test
  void a_deletion_does_not_wait_for_a_guest_that_hangs_while_it_boots() throws Exception {
    Vm vm = platform.create("web");
    platform.hypervisor.guestIsSilent = true;
    platform.hypervisor.beforeOpenAgent = reached::countDown;
    Future<Vm> start = pool.submit(() -> platform.start("web"));
    reached.await();
    delete();
    assertCode(error(start), ErrorCode.CANCELLED);
    assertNothingIsLeft(vm);
  }

  @Test
  void a_kill_does_not_wait_for_a_guest_that_hangs_while_it_boots() throws Exception {
    Vm vm = platform.create("web");
    platform.hypervisor.guestIsSilent = true;
    platform.hypervisor.beforeOpenAgent = reached::countDown;
    Future<Vm> start = pool.submit(() -> platform.start("web"));
    reached.await();
    platform.machines().kill("web", "KILL", Operation.background());
    assertCode(error(start), ErrorCode.CANCELLED);
    assertThat(platform.hypervisor.running()).isZero();
    platform.hypervisor.guestIsSilent = false;
    assertThat(platform.start(vm.id()).state()).isEqualTo(VmState.RUNNING);
  }

  @Test
  void a_start_that_waited_for_a_deletion_finds_nothing_and_makes_nothing() throws Exception {
    Vm vm = platform.create("web");
    platform.start("web");
    platform.hypervisor.beforeTerminate = this::holdUp;
    Future<?> deletion = pool.submit(this::delete);
    reached.await();
    Future<Vm> start = pool.submit(() -> platform.start(vm.id()));
    assertThat(start).isNotDone();
    go.countDown();
    assertThat(error(deletion)).isNull();
    assertCode(error(start), ErrorCode.NOT_FOUND);
    assertNothingIsLeft(vm);
  }

  @Test
  void a_command_in_a_guest_that_is_stopped_ends_with_an_error_and_the_stop_succeeds()
      throws Exception {
    platform.hypervisor.otherAgent = this::agentThatNeverFinishesACommand;
    Vm vm = platform.create("web");
    platform.start("web");
    Future<Integer> command =
        pool.submit(
            () ->
                platform
                    .guests()
                    .exec(
                        "web",
                        new ExecRequest(List.of("sleep", "infinity"), Map.of(), null, null, null),
                        TransferStreams.into(InputStream.nullInputStream()),
                        Operation.background()));
    reached.await();
    assertThat(command).isNotDone();
    Vm stopped = platform.machines().stop("web", Duration.ofSeconds(1), Operation.background());
    assertThat(stopped.state()).isEqualTo(VmState.STOPPED);
    assertThat(error(command)).isInstanceOf(BangerException.class);
    assertThat(platform.hypervisor.running()).isZero();
    assertThat(platform.runDirectory(vm)).doesNotExist();
    assertCode(
        catchThrowable(() -> platform.guests().ping("web", Operation.background())),
        ErrorCode.NOT_RUNNING);
  }

  @Test
  void a_change_of_the_size_waits_for_a_start_and_is_refused_then() throws Exception {
    platform.create("web");
    platform.hypervisor.beforeStart = config -> holdUp();
    Future<Vm> start = pool.submit(() -> platform.start("web"));
    reached.await();
    Future<Vm> change = pool.submit(() -> set(ChangeVm.builder().vcpus(2).build()));
    Future<Vm> label = pool.submit(() -> set(ChangeVm.builder().labels(Map.of("a", "b")).build()));
    assertThat(change).isNotDone();
    go.countDown();
    assertThat(start.get().spec().vcpus()).isEqualTo(1);
    assertThat(error(change)).satisfies(e -> assertCode(e, ErrorCode.IN_USE));
    assertThat(label.get().machine()).as("the run is not lost").isEqualTo(start.get().machine());
    assertThat(platform.store.list()).containsExactly(label.get());
  }

  @Test
  void a_pruning_leaves_what_is_being_made_or_started_meanwhile() throws Exception {
    platform.create("old");
    platform.start("old");
    platform.machines().stop("old", Duration.ZERO, Operation.background());
    platform.create("web");
    platform.start("web");
    platform.machines().stop("web", Duration.ZERO, Operation.background());
    platform.hypervisor.beforeStart = config -> holdUp();
    Future<Vm> start = pool.submit(() -> platform.start("web"));
    reached.await();
    CountDownLatch resolving = meeting(2);
    platform.images.whileResolving = () -> meet(resolving);
    Future<Vm> creation = pool.submit(() -> platform.create("new"));
    assertThat(platform.machines().prune(new PruneVms(null, null, false), Operation.background()))
        .extracting(Vm::name)
        .containsExactly("old");
    resolving.countDown();
    assertThat(creation.get().state()).isEqualTo(VmState.CREATED);
    go.countDown();
    assertThat(start.get().state()).isEqualTo(VmState.RUNNING);
    assertThat(platform.machines().prune(new PruneVms(null, null, false), Operation.background()))
        .isEmpty();
  }

  private Vm set(ChangeVm change) {
    return platform.machines().set("web", change, Operation.background());
  }

  @Test
  void fifty_machines_start_at_once_each_with_a_port_of_its_own() throws Exception {
    int count = 50;
    List<Vm> created = new ArrayList<>();
    for (Object each : all(count, () -> platform.create(null))) {
      created.add((Vm) each);
    }
    CountDownLatch everyone = meeting(count);
    platform.hypervisor.beforeStart = config -> meet(everyone);
    List<Future<Vm>> starts =
        created.stream().map(vm -> pool.submit(() -> platform.start(vm.id()))).toList();
    for (Future<Vm> start : starts) {
      assertThat(start.get().state()).isEqualTo(VmState.RUNNING);
    }
    assertThat(platform.hypervisor.running()).isEqualTo(count);
    assertThat(platform.hypervisor.started)
        .extracting(config -> config.portForwards().get(0).hostPort())
        .doesNotHaveDuplicates();
    assertThat(platform.store.list()).extracting(Vm::name).doesNotHaveDuplicates();
    assertThat(platform.store.list())
        .extracting(vm -> vm.network().sshPort())
        .doesNotHaveDuplicates();
  }

  @Test
  void who_chose_what_another_was_given_meanwhile_chooses_again() {
    AtomicReference<Vm> other = new AtomicReference<>();
    platform.store.afterNextChoice(() -> other.set(platform.create("web")));
    assertThatThrownBy(() -> platform.create("web"))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ALREADY_EXISTS))
        .hasMessageContaining("vm \"web\" already exists");
    assertThat(platform.store.list()).containsExactly(other.get());
  }

  @Test
  void the_reservation_among_a_thousand_machines_is_measured() {
    Vm first = platform.create("first");
    for (int i = 0; i < 1000; i++) {
      Vm another = another(first, i);
      platform.store.reserve(others -> another);
    }
    platform.store.windows.clear();
    for (int i = 0; i < 100; i++) {
      Vm vm = platform.create(null);
      platform.machines().delete(vm.id(), Operation.background());
    }
    List<Long> windows = platform.store.windows.stream().sorted().toList();
    assertThat(windows).hasSize(100);
    System.out.printf(
        "reservation among 1,000 machines, without the database: median %.2f ms, p99 %.2f ms%n",
        windows.get(50) / 1e6, windows.get(98) / 1e6);
  }

  /** A row without files. */
  private static Vm another(Vm like, int number) {
    String id = "%012x".formatted(number);
    return new Vm(
        id,
        "vm-" + number,
        like.state(),
        like.spec(),
        like.imageId(),
        like.imageName(),
        like.kernel(),
        like.hypervisor(),
        UserNetwork.identity(id, 1024 + number), // outside the range that is chosen from
        like.files(),
        null,
        List.of(),
        null,
        like.createdAt(),
        null,
        Map.of(),
        Lifetime.UNLIMITED,
        null,
        List.of());
  }

  private ByteChannel agentThatNeverFinishesACommand() {
    SocketPair pair = SocketPair.open();
    FakeAgent agent =
        new FakeAgent(pair.guest(), platform.hypervisor::killAll) {
          @Override
          void answer(Frame frame) throws IOException {
            if (frame.type() == AgentProtocol.EXEC) {
              reached.countDown();
            }
            super.answer(frame);
          }
        };
    pool.execute(agent::serve);
    return pair.host();
  }

  private void delete() {
    platform.machines().delete("web", Operation.background());
  }

  private void holdUp() {
    reached.countDown();
    await(go);
  }

  private static CountDownLatch meeting(int count) {
    return new CountDownLatch(count);
  }

  /** Returns when all are there. */
  private static void meet(CountDownLatch meeting) {
    meeting.countDown();
    await(meeting);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private List<Object> all(int count, Callable<?> call) throws Exception {
    List<Future<?>> calls = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      calls.add(pool.submit(call));
    }
    List<Object> results = new ArrayList<>();
    for (Future<?> each : calls) {
      results.add(each.get());
    }
    return results;
  }

  private static Throwable error(Future<?> call) throws InterruptedException {
    try {
      call.get();
      return null;
    } catch (ExecutionException e) {
      return e.getCause();
    }
  }

  private static void assertCode(Throwable error, ErrorCode code) {
    assertThat(error)
        .isInstanceOfSatisfying(BangerException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  private void assertNothingIsLeft(Vm vm) {
    assertThat(platform.store.list()).isEmpty();
    assertThat(platform.hypervisor.running()).isZero();
    assertThat(vm.files().directory()).doesNotExist();
    assertThat(platform.runDirectory(vm)).doesNotExist();
    assertThat(platform.capability.prepared).isEmpty();
  }
}
