// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.image.Image;
import dev.banger.operation.Operation;
import dev.banger.vm.CreateVm;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A creation that the daemon did not survive succeeds when it is repeated, and no other does. */
@Timeout(60)
class InterruptedCreationTest {
  @TempDir Path directory;
  private final ExecutorService pool = Executors.newCachedThreadPool();
  private final CountDownLatch go = new CountDownLatch(1);
  private Platform platform;
  private Vm vm;

  @BeforeEach
  void create() {
    platform = new Platform(directory);
    vm = platform.create("web");
  }

  @AfterEach
  void deactivate() {
    go.countDown();
    platform.close();
    platform.hypervisor.killAll();
    pool.shutdownNow();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void a_creation_that_was_cut_short_is_completed(boolean directoryMade) throws IOException {
    interruptCreation(directoryMade);
    await(() -> platform.stored(vm).state() == VmState.ERROR);
    assertThat(platform.create("web")).isEqualTo(vm);
    assertThat(platform.start("web").state()).isEqualTo(VmState.RUNNING);
  }

  @Test
  void it_is_completed_before_anybody_has_looked_at_what_is_left_too() throws IOException {
    interruptCreation(true);
    assertThat(platform.create("web")).isEqualTo(vm);
    assertThat(platform.store.list()).containsExactly(vm);
  }

  @ParameterizedTest
  @ValueSource(strings = {"boot_files", "root_disk", "vmm_runs", "post_start", "record"})
  void a_machine_whose_first_start_was_cut_short_is_given_as_new(String point) throws IOException {
    interruptStart(point);
    await(() -> platform.stored(vm).state() == VmState.ERROR);
    if (Files.exists(vm.files().rootDisk())) {
      Files.writeString(vm.files().rootDisk(), "what the guest wrote");
    }
    assertThat(platform.create("web")).isEqualTo(vm);
    assertThat(vm.files().rootDisk()).doesNotExist();
    assertThat(platform.start("web").id()).isEqualTo(vm.id());
    assertThat(platform.hypervisor.running()).isEqualTo(1);
  }

  @Test
  void its_vmm_is_ended_first_when_nobody_has_done_so() {
    interruptStart("vmm_runs");
    assertThat(platform.create("web")).isEqualTo(vm);
    assertThat(platform.hypervisor.running()).isZero();
    assertThat(platform.runDirectory(vm)).doesNotExist();
  }

  @Test
  void a_reconciliation_between_the_look_at_it_and_what_is_made_of_it_takes_nothing_away() {
    platform.faults.kill("vmm_runs");
    assertThatThrownBy(() -> platform.start("web")).isInstanceOf(Faults.Killed.class);
    platform.faults.clear();
    platform.close();
    platform.store.afterNextFindByName(
        () -> {
          platform.hypervisorArrives();
          await(() -> platform.stored(vm).state() == VmState.ERROR);
        });
    platform.activateBeforeHypervisors();
    assertThat(platform.create("web")).isEqualTo(vm);
  }

  @Test
  void it_is_given_to_one_of_those_who_ask_for_it() throws Exception {
    interruptStart("vmm_runs");
    await(() -> platform.stored(vm).state() == VmState.ERROR);
    List<Future<Vm>> asked =
        Stream.generate(() -> pool.submit(() -> platform.create("web"))).limit(4).toList();
    int won = 0;
    for (Future<Vm> one : asked) {
      Throwable error = catchThrowable(one::get);
      if (error == null) {
        won++;
      } else {
        assertCode(error.getCause(), ErrorCode.ALREADY_EXISTS);
      }
    }
    assertThat(won).isEqualTo(1);
  }

  @Test
  void one_that_fails_on_the_way_can_be_repeated() throws IOException {
    interruptCreation(false);
    await(() -> platform.stored(vm).state() == VmState.ERROR);
    platform.faults.inject("update");
    assertThat(catchThrowable(() -> platform.create("web"))).hasMessageContaining("injected");
    platform.faults.clear();
    assertThat(platform.create("web")).isEqualTo(vm);
  }

  @Test
  void a_machine_that_was_created_to_its_end_keeps_its_name() {
    assertRefused(() -> platform.create("web"));
    assertThat(platform.stored(vm)).isEqualTo(vm);
  }

  @Test
  void a_machine_whose_first_start_was_cancelled_is_given_as_new() throws IOException {
    Operation operation = Operation.background();
    platform.hypervisor.beforeStart = config -> operation.cancel("the caller left");
    assertThat(catchThrowable(() -> platform.machines().start("web", operation)))
        .hasMessageContaining("the caller left");
    platform.hypervisor.beforeStart = config -> {};
    Files.writeString(vm.files().rootDisk(), "what the guest wrote");
    assertThat(platform.create("web")).isEqualTo(vm);
    assertThat(vm.files().rootDisk()).doesNotExist();
    assertThat(platform.start("web").state()).isEqualTo(VmState.RUNNING);
  }

  @Test
  void a_machine_whose_start_failed_for_a_reason_of_its_own_keeps_its_name() {
    platform.faults.inject("boot_files");
    assertThat(catchThrowable(() -> platform.start("web"))).isNotNull();
    platform.faults.clear();
    Vm failed = platform.stored(vm);
    assertThat(failed.state()).isEqualTo(VmState.ERROR);
    assertRefused(() -> platform.create("web"));
    assertThat(platform.stored(vm)).isEqualTo(failed);
  }

  @Test
  void a_machine_that_has_run_keeps_its_name_and_its_disk() throws IOException {
    platform.start("web");
    platform.machines().stop("web", Duration.ofSeconds(1), Operation.background());
    String disk = Files.readString(vm.files().rootDisk());
    interruptStart("vmm_runs");
    await(() -> platform.stored(vm).state() == VmState.ERROR);
    assertRefused(() -> platform.create("web"));
    assertThat(vm.files().rootDisk()).hasContent(disk);
  }

  @Test
  void a_machine_of_another_size_keeps_its_name() {
    interruptStart("vmm_runs");
    await(() -> platform.stored(vm).state() == VmState.ERROR);
    Vm left = platform.stored(vm);
    CreateVm larger =
        CreateVm.builder().name("web").vcpus(1).memoryMib(256L).diskBytes(1L << 30).build();
    assertRefused(() -> platform.machines().create(larger, Operation.background()));
    assertThat(platform.stored(vm)).isEqualTo(left);
  }

  @Test
  void a_machine_of_another_image_keeps_its_name() {
    interruptStart("vmm_runs");
    await(() -> platform.stored(vm).state() == VmState.ERROR);
    Vm left = platform.stored(vm);
    Image had = platform.images.image;
    platform.images.image =
        new Image(
            "ba9876543210",
            had.name(),
            had.distribution(),
            had.release(),
            had.architecture(),
            had.kernel(),
            had.rootfs(),
            had.sizeBytes(),
            had.allocatedBytes(),
            had.source(),
            had.digest(),
            had.config(),
            had.unmanaged(),
            had.createdAt(),
            had.workSeed());
    assertRefused(() -> platform.create("web"));
    assertThat(platform.stored(vm)).isEqualTo(left);
  }

  @Test
  void a_machine_that_is_being_created_keeps_its_name() throws Exception {
    CountDownLatch reserved = new CountDownLatch(1);
    platform.store.afterReserve = row -> meet(reserved);
    Future<Vm> first = pool.submit(() -> platform.create("api"));
    reserved.await();
    platform.store.afterReserve = row -> {};
    assertRefused(() -> platform.create("api"));
    go.countDown();
    assertThat(first.get().state()).isEqualTo(VmState.CREATED);
  }

  @Test
  void a_machine_that_is_being_started_again_keeps_its_name() throws Exception {
    interruptStart("vmm_runs");
    await(() -> platform.stored(vm).state() == VmState.ERROR);
    CountDownLatch starting = new CountDownLatch(1);
    platform.hypervisor.beforeStart = config -> meet(starting);
    Future<Vm> start = pool.submit(() -> platform.start("web"));
    starting.await();
    assertRefused(() -> platform.create("web"));
    go.countDown();
    assertThat(start.get().state()).isEqualTo(VmState.RUNNING);
    assertRefused(() -> platform.create("web"));
  }

  private void meet(CountDownLatch reached) {
    reached.countDown();
    try {
      go.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** As when the daemon dies after it wrote the row; the next one is there at the end. */
  private void interruptCreation(boolean directoryMade) throws IOException {
    platform.close();
    DurableFiles.deleteTree(vm.files().directory());
    if (directoryMade) {
      Files.createDirectory(vm.files().directory());
    }
    platform.activate();
  }

  /** The daemon dies at this point of a start; the next one is there at the end. */
  private void interruptStart(String point) {
    platform.faults.kill(point);
    assertThatThrownBy(() -> platform.start("web")).isInstanceOf(Faults.Killed.class);
    platform.faults.clear();
    platform.restart();
  }

  private static void assertRefused(ThrowingCallable creation) {
    assertCode(catchThrowable(creation), ErrorCode.ALREADY_EXISTS);
  }

  private static void assertCode(Throwable error, ErrorCode code) {
    assertThat(error)
        .isInstanceOfSatisfying(BangerException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  private static void await(BooleanSupplier condition) {
    Operation.background().within(Duration.ofSeconds(30)).await(condition, Duration.ofMillis(2));
  }
}
