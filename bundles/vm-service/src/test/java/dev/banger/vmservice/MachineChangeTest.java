// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.vm.ChangeVm;
import dev.banger.vm.CreateVm;
import dev.banger.vm.PruneVms;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class MachineChangeTest {
  private static final Operation OPERATION = Operation.background();
  private static final long GIB = 1L << 30;

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
  void size_labels_and_lifetime_change_while_a_machine_is_stopped() {
    Vm web = platform.create("web");
    Vm changed =
        set(
            ChangeVm.builder()
                .vcpus(2)
                .memoryMib(256L)
                .diskBytes(2 * GIB)
                .workDiskBytes(9 * GIB)
                .labels(Map.of("a", "1", "b", "2"))
                .timeToLive(Duration.ofHours(1))
                .idleStop(Duration.ofMinutes(5))
                .build());
    assertThat(changed).isEqualTo(platform.stored(web));
    assertThat(changed.spec().vcpus()).isEqualTo(2);
    assertThat(changed.spec().memoryMib()).isEqualTo(256);
    assertThat(changed.spec().diskBytes()).isEqualTo(2 * GIB);
    assertThat(changed.spec().workDiskBytes()).isEqualTo(9 * GIB);
    assertThat(changed.labels()).containsExactly(Map.entry("a", "1"), Map.entry("b", "2"));
    assertThat(changed.lifetime().expiresAt()).isAfter(Instant.now().plusSeconds(3500));
    assertThat(changed.lifetime().idleStop()).isEqualTo(Duration.ofMinutes(5));

    Vm cleared = set(change(Map.of("b", "3"), List.of("a", "absent"), Duration.ZERO));
    assertThat(cleared.labels()).containsExactly(Map.entry("b", "3"));
    assertThat(cleared.lifetime().expiresAt()).isNull();
    assertThat(cleared.lifetime().idleStop()).isEqualTo(Duration.ofMinutes(5));
    assertThat(cleared.spec()).isEqualTo(changed.spec());

    platform.start("web");
    assertThat(platform.hypervisor.started.get(0).vcpus()).isEqualTo(2);
    assertThat(platform.hypervisor.started.get(0).memoryMib()).isEqualTo(256);
  }

  @Test
  void disks_grow_once_they_are_made_and_in_a_running_guest_too() {
    platform.create("web");
    set(ChangeVm.builder().diskBytes(2 * GIB).build());
    assertThat(platform.hypervisor.grown).as("not made yet").isEmpty();
    platform.start("web");
    Vm running = set(ChangeVm.builder().diskBytes(3 * GIB).workDiskBytes(9 * GIB).build());
    assertThat(platform.hypervisor.grown).containsExactly("running root " + 3 * GIB);
    assertThat(running.spec().diskBytes()).isEqualTo(3 * GIB);
    platform.machines().stop("web", Duration.ZERO, OPERATION);
    set(ChangeVm.builder().diskBytes(4 * GIB).build());
    assertThat(platform.hypervisor.grown).hasSize(2).endsWith("root " + 4 * GIB);

    platform.faults.inject("grow_disk");
    assertThatThrownBy(() -> set(ChangeVm.builder().diskBytes(5 * GIB).build()))
        .isInstanceOf(BangerException.class);
    platform.faults.clear();
    assertThat(platform.machines().find("web").spec().diskBytes()).isEqualTo(4 * GIB);
    assertThat(set(ChangeVm.builder().diskBytes(5 * GIB).build()).spec().diskBytes())
        .isEqualTo(5 * GIB);
  }

  @Test
  void a_machine_that_ends_before_its_disk_grows_is_named_and_keeps_its_size() {
    Vm web = platform.create("web");
    platform.start("web");
    ChangeVm larger = ChangeVm.builder().diskBytes(2 * GIB).build();
    platform.capability.beforeChange = () -> platform.hypervisor.kill("web");
    refused(ErrorCode.NOT_RUNNING, () -> set(larger));
    assertThat(platform.stored(web).spec()).isEqualTo(web.spec());
    platform.capability.beforeChange = () -> {};
    assertThat(set(larger).spec().diskBytes()).isEqualTo(2 * GIB);
  }

  @Test
  void a_running_machine_takes_labels_but_no_cpus_and_no_memory() {
    Vm web = platform.create("web");
    platform.start("web");
    assertThat(set(change(Map.of("a", "1"), List.of(), null)).labels()).containsEntry("a", "1");
    refused(ErrorCode.IN_USE, () -> set(ChangeVm.builder().vcpus(2).build()));
    refused(
        ErrorCode.IN_USE,
        () -> set(ChangeVm.builder().memoryMib(512L).labels(Map.of("b", "1")).build()));
    assertThat(platform.stored(web).labels()).containsOnlyKeys("a");
    assertThat(platform.stored(web).spec()).isEqualTo(web.spec());
  }

  @Test
  void what_cannot_be_is_refused_before_anything_is_changed() {
    Vm web = platform.create("web");
    refused(ErrorCode.BAD_REQUEST, () -> set(ChangeVm.builder().vcpus(0).build()));
    refused(
        ErrorCode.BAD_REQUEST,
        () -> set(ChangeVm.builder().vcpus(2).diskBytes(GIB - 4096).build()));
    refused(
        ErrorCode.BAD_REQUEST, () -> set(ChangeVm.builder().vcpus(2).workDiskBytes(GIB).build()));
    refused(ErrorCode.BAD_REQUEST, () -> set(change(Map.of("A b", "1"), List.of(), null)));
    refused(ErrorCode.BAD_REQUEST, () -> set(change(Map.of("a", "line\nline"), List.of(), null)));
    refused(ErrorCode.BAD_REQUEST, () -> set(change(Map.of(), List.of(), Duration.ofSeconds(-1))));
    refused(
        ErrorCode.BAD_REQUEST,
        () -> set(ChangeVm.builder().idleStop(Duration.ofSeconds(59)).build()));
    assertThat(platform.stored(web)).isEqualTo(web);
    refused(
        ErrorCode.BAD_REQUEST,
        () ->
            platform
                .machines()
                .create(
                    CreateVm.builder()
                        .name("other")
                        .vcpus(1)
                        .memoryMib(128L)
                        .diskBytes(GIB)
                        .labels(Map.of("?", ""))
                        .build(),
                    OPERATION));
    assertThat(platform.machines().list()).hasSize(1);
  }

  @Test
  void a_machine_without_a_work_disk_gets_none_later() {
    platform
        .machines()
        .create(
            CreateVm.builder()
                .name("web")
                .vcpus(1)
                .memoryMib(128L)
                .diskBytes(GIB)
                .workDiskBytes(0L)
                .build(),
            OPERATION);
    refused(ErrorCode.BAD_REQUEST, () -> set(ChangeVm.builder().workDiskBytes(GIB).build()));
    platform.start("web");
    assertThat(platform.hypervisor.started.get(0).disks())
        .extracting("serial")
        .containsExactly("root", "config");
  }

  @Test
  void capabilities_follow_a_change_and_a_failure_of_one_is_told() {
    Vm web = platform.create("web");
    set(change(Map.of("a", "1"), List.of(), null));
    assertThat(platform.capability.changes).containsExactly("web > web");
    set(change(Map.of("a", "1"), List.of(), null));
    assertThat(platform.capability.changes).as("nothing changed").hasSize(1);
    platform.faults.inject("config_change");
    refused(ErrorCode.OPERATION_FAILED, () -> set(change(Map.of("a", "2"), List.of(), null)));
    assertThat(platform.stored(web).labels()).containsEntry("a", "2");
  }

  @Test
  void a_machine_is_renamed_unless_the_name_is_taken_or_impossible() {
    Vm web = platform.create("web");
    platform.create("db");
    refused(ErrorCode.ALREADY_EXISTS, () -> platform.machines().rename("web", "db", OPERATION));
    refused(ErrorCode.BAD_REQUEST, () -> platform.machines().rename("web", "Web", OPERATION));
    assertThat(platform.stored(web)).isEqualTo(web);
    platform.start("web");
    Vm renamed = platform.machines().rename("web", "shop", OPERATION);
    assertThat(renamed.id()).isEqualTo(web.id());
    assertThat(platform.machines().find("shop").state()).isEqualTo(VmState.RUNNING);
    assertThat(platform.capability.changes).containsExactly("web > shop");
    platform.machines().stop("shop", Duration.ZERO, OPERATION);
    platform.start("shop");
    assertThat(platform.hypervisor.started.get(1).kernelArguments())
        .contains("systemd.hostname=shop");
  }

  @Test
  void no_name_is_taken_that_could_be_an_id_and_one_that_is_there_stays_of_use() {
    Vm web = platform.create("web");
    Vm db = platform.create("db");
    refused(ErrorCode.BAD_REQUEST, () -> platform.machines().rename("web", db.id(), OPERATION));
    refused(ErrorCode.BAD_REQUEST, () -> platform.create(db.id()));
    assertThat(platform.machines().list()).hasSize(2);

    platform.store.update(web.withName("deadbeefcafe"));
    assertThat(platform.machines().find("deadbeefcafe").id()).isEqualTo(web.id());
    platform.start("deadbeefcafe");
    assertThat(platform.machines().rename("deadbeefcafe", "web", OPERATION).name())
        .isEqualTo("web");
  }

  @Test
  void a_reset_makes_the_root_disk_anew_and_leaves_the_work_disk() throws IOException {
    Vm web = platform.create("web");
    platform.start("web");
    refused(ErrorCode.IN_USE, () -> platform.machines().reset("web", OPERATION));
    platform.machines().stop("web", Duration.ZERO, OPERATION);
    Files.writeString(web.files().rootDisk(), "written by the guest");
    Files.writeString(web.files().workDisk(), "a home");

    platform.faults.inject("root_disk");
    assertThatThrownBy(() -> platform.machines().reset("web", OPERATION))
        .isInstanceOf(RuntimeException.class);
    assertThat(web.files().rootDisk()).hasContent("written by the guest");
    platform.faults.clear();

    platform.machines().reset("web", OPERATION);
    assertThat(Files.readString(web.files().rootDisk())).startsWith("disk 3");
    assertThat(web.files().workDisk()).hasContent("a home");
    platform.start("web");
  }

  @Test
  void a_reset_brings_back_a_root_disk_that_has_vanished_but_no_work_disk() throws IOException {
    Vm web = platform.create("web");
    platform.start("web");
    platform.machines().stop("web", Duration.ZERO, OPERATION);
    Files.delete(web.files().rootDisk());
    refused(ErrorCode.CORRUPT, () -> platform.start("web"));
    platform.machines().reset("web", OPERATION);
    platform.start("web");
    platform.machines().stop("web", Duration.ZERO, OPERATION);
    Files.delete(web.files().workDisk());
    platform.machines().reset("web", OPERATION);
    refused(ErrorCode.CORRUPT, () -> platform.start("web"));
  }

  @Test
  void
      without_the_capability_a_work_disk_is_refused_where_one_is_asked_for_and_left_out_elsewhere() {
    Vm web = platform.create("web");
    platform.capabilities.remove(platform.workDisk);
    refused(ErrorCode.UNAVAILABLE, () -> platform.start("web"));
    refused(ErrorCode.UNAVAILABLE, () -> set(ChangeVm.builder().workDiskBytes(9 * GIB).build()));
    assertThat(platform.stored(web)).isEqualTo(web);
    assertThat(platform.create("plain").spec().workDiskBytes()).isZero();
    platform.start("plain");
    platform.add(platform.workDisk, FakeWorkDisk.PROPERTIES);
    platform.start("web");
    assertThat(web.files().workDisk()).exists();
  }

  @Test
  void prune_removes_what_does_not_run_and_nothing_else() {
    Vm running = platform.create("running");
    platform.start("running");
    Vm fresh = platform.create("fresh");
    Vm stopped = platform.create("stopped");
    platform.start("stopped");
    platform.machines().stop("stopped", Duration.ZERO, OPERATION);
    platform.machines().set("stopped", change(Map.of("keep", "no"), List.of(), null), OPERATION);

    assertThat(prune(new PruneVms(null, Map.of("keep", "yes"), false))).isEmpty();
    assertThat(prune(new PruneVms(Duration.ofHours(1), null, false))).isEmpty();
    assertThat(prune(new PruneVms(null, null, true))).containsExactly("stopped");
    assertThat(platform.machines().list()).hasSize(3);
    assertThat(prune(new PruneVms(null, Map.of("keep", "no"), false))).containsExactly("stopped");
    assertThat(stopped.files().directory()).doesNotExist();
    assertThat(platform.machines().list())
        .extracting(Vm::id)
        .containsExactly(running.id(), fresh.id());
  }

  @Test
  void a_touched_machine_counts_as_used() {
    Vm web = platform.create("web");
    platform.start("web");
    platform.machines().stop("web", Duration.ZERO, OPERATION);
    platform.store.update(platform.stored(web).usedAt(Instant.EPOCH));
    assertThat(prune(new PruneVms(Duration.ofHours(1), null, true))).containsExactly("web");
    platform.machines().touch("web", OPERATION);
    assertThat(prune(new PruneVms(Duration.ofHours(1), null, true))).isEmpty();
  }

  private List<String> prune(PruneVms selection) {
    return platform.machines().prune(selection, OPERATION).stream().map(Vm::name).toList();
  }

  private Vm set(ChangeVm change) {
    return platform.machines().set("web", change, OPERATION);
  }

  private static ChangeVm change(
      Map<String, String> labels, List<String> removed, Duration timeToLive) {
    return ChangeVm.builder().labels(labels).removedLabels(removed).timeToLive(timeToLive).build();
  }

  private static void refused(ErrorCode code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            BangerException.class, refusal -> assertThat(refusal.code()).isEqualTo(code));
  }
}
