// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
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
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Wherever the daemon is killed, the next one ends what was begun. */
@Timeout(60)
class CrashTest {
  @TempDir Path directory;
  private Platform platform;
  private Vm vm;

  @BeforeEach
  void create() {
    platform = new Platform(directory);
    vm = platform.create("web");
  }

  @AfterEach
  void deactivate() {
    platform.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"terminate", "sweep", "clean_up", "delete_row"})
  void a_deletion_that_was_cut_short_here_is_finished(String point) {
    platform.start("web");
    killedAt(point, () -> platform.machines().delete("web", Operation.background()));
    assertThat(platform.store.findById(vm.id())).isPresent();
    platform.restart();
    await(() -> platform.store.list().isEmpty());
    assertNothingIsLeft();
  }

  @Test
  void a_deletion_that_was_cut_short_before_anything_was_touched_is_finished() {
    platform.start("web");
    platform.close();
    Intent.ofDeletion(vm).declare();
    platform.restart();
    await(() -> platform.store.list().isEmpty());
    assertNothingIsLeft();
  }

  @Test
  void a_deletion_that_was_cut_short_after_its_row_went_leaves_nothing() {
    platform.close();
    Intent.ofDeletion(vm).declare();
    platform.store.delete(vm.id());
    platform.restart();
    await(() -> !Intent.ofDeletion(vm).declared());
    assertNothingIsLeft();
  }

  @Test
  void a_machine_that_is_half_deleted_cannot_be_started_but_deleted_again() {
    platform.start("web");
    platform.faults.inject("clean_up");
    assertThat(catchThrowable(() -> platform.machines().delete("web", Operation.background())))
        .hasMessageContaining("delete it again");
    platform.faults.clear();
    assertCode(() -> platform.start("web"), ErrorCode.IN_USE);
    assertThat(vm.files().directory()).doesNotExist();
    platform.machines().delete("web", Operation.background());
    assertNothingIsLeft();
  }

  @Test
  void a_deletion_without_the_hypervisor_is_refused_and_not_made_up_for_later() {
    Vm started = platform.start("web");
    platform.hypervisorLeaves();
    assertCode(
        () -> platform.machines().delete("web", Operation.background()), ErrorCode.UNAVAILABLE);
    platform.hypervisorArrives();
    assertThat(Intent.ofDeletion(vm).declared()).isFalse();
    assertThat(platform.machines().find("web")).isEqualTo(started);
    assertThat(platform.hypervisor.running()).isEqualTo(1);
  }

  @Test
  void a_deletion_that_cannot_be_declared_is_made_all_the_same() throws IOException {
    // Nothing is there to be seen, and yet it cannot be made.
    Files.createSymbolicLink(Intent.ofDeletion(vm).file(), directory.resolve("nowhere"));
    platform.machines().delete("web", Operation.background());
    assertNothingIsLeft();
  }

  @Test
  void a_machine_that_has_run_gets_no_empty_disk_for_one_that_vanished() throws IOException {
    platform.start("web");
    Path aside = Files.move(vm.files().rootDisk(), directory.resolve("aside"));
    assertCode(
        () -> platform.machines().restart("web", Duration.ZERO, Operation.background()),
        ErrorCode.CORRUPT);
    assertThat(platform.hypervisor.running()).as("a refused restart ends nothing").isEqualTo(1);
    Vm stopped = platform.machines().stop("web", Duration.ofSeconds(1), Operation.background());
    assertCode(() -> platform.start("web"), ErrorCode.CORRUPT);
    assertThat(vm.files().rootDisk()).doesNotExist();
    assertThat(platform.stored(vm)).isEqualTo(stopped);
    Files.move(aside, vm.files().rootDisk());
    assertThat(platform.start("web").state()).isEqualTo(VmState.RUNNING);
  }

  @Test
  void a_machine_whose_directory_vanished_is_refused() {
    DurableFiles.deleteTree(vm.files().directory());
    assertCode(() -> platform.start("web"), ErrorCode.CORRUPT);
    assertThat(vm.files().directory()).doesNotExist();
    platform.machines().delete("web", Operation.background());
    assertNothingIsLeft();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "boot_files",
        "root_disk",
        "prepare_host",
        "configuration_disk",
        "machine_config",
        "hypervisor",
        "vmm_runs",
        "post_start",
        "record"
      })
  void a_first_start_that_was_cut_short_here_is_settled(String point) {
    killedAt(point, () -> platform.start("web"));
    assertThat(platform.stored(vm).state()).isEqualTo(VmState.CREATED);
    platform.restart();
    assertSettledStart();
  }

  @ParameterizedTest
  @ValueSource(strings = {"boot_files", "vmm_runs", "record"})
  void a_later_start_that_was_cut_short_here_is_settled(String point) {
    platform.start("web");
    platform.machines().stop("web", Duration.ofSeconds(1), Operation.background());
    killedAt(point, () -> platform.start("web"));
    platform.restart();
    assertSettledStart();
  }

  @ParameterizedTest
  @ValueSource(strings = {"vmm_runs", "post_start"})
  void a_start_that_followed_an_end_by_itself_is_settled_too(String point) {
    platform.start("web");
    platform.hypervisor.killAll();
    killedAt(point, () -> platform.start("web"));
    platform.restart();
    assertSettledStart();
  }

  @Test
  void a_start_that_was_recorded_is_adopted_although_its_intent_is_still_there() {
    Vm started = platform.start("web");
    platform.close();
    Intent.ofStart(vm).declare();
    platform.restart();
    await(() -> !Intent.ofStart(vm).declared());
    assertThat(platform.stored(vm)).isEqualTo(started);
    assertThat(platform.hypervisor.running()).isEqualTo(1);
  }

  @Test
  void a_start_after_one_that_failed_is_settled_with_its_own_reason() {
    platform.faults.inject("boot_files");
    assertThat(catchThrowable(() -> platform.start("web"))).isNotNull();
    platform.faults.clear();
    killedAt("hypervisor", () -> platform.start("web"));
    platform.restart();
    await(() -> platform.stored(vm).lastError().contains("interrupted"));
    assertSettledStart();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void a_creation_that_was_cut_short_is_told(boolean directoryMade) throws IOException {
    platform.close();
    DurableFiles.deleteTree(vm.files().directory());
    if (directoryMade) {
      Files.createDirectory(vm.files().directory());
    }
    platform.restart();
    await(() -> platform.stored(vm).state() == VmState.ERROR);
    assertThat(platform.stored(vm).lastError())
        .contains("creation was interrupted")
        .contains("banger vm delete web");
    platform.machines().delete("web", Operation.background());
    assertNothingIsLeft();
  }

  @Test
  void a_creation_that_is_under_way_is_not_taken_for_one_that_was_cut_short() {
    platform.store.afterReserve = reserved -> platform.hypervisorArrives();
    Vm api = platform.create("api");
    platform.store.afterReserve = reserved -> {};
    platform.hypervisorArrives();
    Path orphan = platform.state().resolve("vms/00000000ffff");
    DurableFiles.makeDirectory(orphan);
    platform.hypervisorArrives();
    await(() -> !Files.exists(orphan));
    assertThat(platform.stored(api)).isEqualTo(api);
  }

  private void killedAt(String point, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    platform.faults.kill(point);
    assertThatThrownBy(call).isInstanceOf(Faults.Killed.class);
    platform.faults.clear();
  }

  private void assertSettledStart() {
    await(() -> platform.stored(vm).state() == VmState.ERROR);
    Vm settled = platform.stored(vm);
    assertThat(settled.lastError())
        .contains("start was interrupted")
        .contains("banger vm start web");
    assertThat(settled.capabilities()).isEmpty();
    await(() -> !Intent.ofStart(vm).declared());
    assertThat(platform.hypervisor.running()).isZero();
    assertThat(platform.runDirectory(vm)).doesNotExist();
    assertThat(platform.capability.prepared).isEmpty();
    assertThat(platform.files(vm)).doesNotContain("handles.json");
    assertThat(platform.start("web").state()).isEqualTo(VmState.RUNNING);
    assertThat(platform.files(vm)).doesNotContain("root.qcow2.new", "starting");
  }

  private void assertNothingIsLeft() {
    await(() -> Platform.names(platform.state().resolve("vms")).isEmpty());
    assertThat(platform.store.list()).isEmpty();
    assertThat(platform.hypervisor.running()).isZero();
    assertThat(platform.runDirectory(vm)).doesNotExist();
    assertThat(platform.capability.prepared).isEmpty();
  }

  private static void assertCode(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable action, ErrorCode code) {
    assertThatThrownBy(action)
        .isInstanceOfSatisfying(BangerException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  private static void await(BooleanSupplier condition) {
    Operation.background().within(Duration.ofSeconds(30)).await(condition, Duration.ofMillis(2));
  }
}
