// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.doctor.Finding;
import dev.banger.event.Event;
import dev.banger.operation.Operation;
import dev.banger.vm.Lifetime;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a new instance of the service finds, and what it makes of it. */
@Timeout(60)
class ReconciliationTest {
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
  void adopts_a_machine_that_runs() {
    Vm vm = platform.create("web");
    Vm started = platform.start("web");
    platform.close();
    assertThat(platform.hypervisor.running()).as("machines outlive the service").isEqualTo(1);
    platform.restart();
    assertThat(platform.machines().find("web")).isEqualTo(started);
    platform.guests().ping("web", Operation.background());
    platform.machines().stop("web", Duration.ofSeconds(1), Operation.background());
    assertThat(platform.hypervisor.running()).isZero();
    assertThat(platform.runDirectory(vm)).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "null",
        "[1]",
        "{\"hypervisor\":\"fake\",\"pid\":1}",
        "{\"hypervisor\":\"fake\",\"pid\":99}",
        "{\"hypervisor\":\"fake\",\"pid\":99,\"boot_id\":\"boot\",\"control_socket\":\"/x\",\"agent_socket\":\"/x\"}",
        "{\"hypervisor\":\"other\",\"pid\":99,\"boot_id\":\"boot\",\"control_socket\":\"/x\",\"agent_socket\":\"/x\"}"
      })
  void adopts_a_machine_whose_handles_are_damaged_and_mends_them(String damaged)
      throws IOException {
    Vm vm = platform.create("web");
    platform.start("web");
    platform.close();
    String whole = Files.readString(vm.files().handles());
    Files.writeString(vm.files().handles(), damaged);
    platform.restart();
    await(() -> read(vm.files().handles()).equals(whole));
    assertThat(platform.machines().find("web").state()).isEqualTo(VmState.RUNNING);
    platform.guests().ping("web", Operation.background());
    platform.machines().delete("web", Operation.background());
    assertThat(platform.hypervisor.running()).isZero();
  }

  @Test
  void a_machine_that_was_given_the_handles_of_another_does_no_harm_to_that_one()
      throws IOException {
    Vm web = platform.create("web");
    Vm other = platform.create("other");
    platform.start("web");
    platform.start("other");
    Map<String, Long> pids = platform.hypervisor.pids();
    platform.close();
    String whole = Files.readString(web.files().handles());
    Files.copy(other.files().handles(), web.files().handles(), StandardCopyOption.REPLACE_EXISTING);
    platform.restart();
    await(() -> read(web.files().handles()).equals(whole));
    assertThat(platform.stored(web).machine().pid()).isEqualTo(pids.get(web.id()));
    Files.copy(other.files().handles(), web.files().handles(), StandardCopyOption.REPLACE_EXISTING);
    platform.machines().stop("web", Duration.ZERO, Operation.background());
    assertThat(platform.hypervisor.pids()).isEqualTo(Map.of(other.id(), pids.get(other.id())));
    assertThat(platform.machines().find("other").state()).isEqualTo(VmState.RUNNING);
  }

  @Test
  void a_machine_whose_run_directory_was_cleared_away_runs_on_and_can_be_stopped() {
    Vm vm = platform.create("web");
    platform.start("web");
    platform.close();
    DurableFiles.deleteTree(platform.run());
    platform.restart();
    // Whatever comes after the reconciliation of this machine.
    await(() -> platform.events.kinds(vm.id()).contains(Event.ADOPTED));
    assertThat(platform.hypervisor.running()).isEqualTo(1);
    assertThat(platform.machines().find("web").state()).isEqualTo(VmState.RUNNING);
    platform.machines().stop("web", Duration.ofSeconds(1), Operation.background());
    assertThat(platform.hypervisor.running()).isZero();
    assertThat(platform.stored(vm).state()).isEqualTo(VmState.STOPPED);
  }

  @Test
  void one_machine_for_which_there_is_no_thread_does_not_keep_the_others_from_being_looked_at() {
    List<Vm> both = List.of(platform.create("one"), platform.create("other"));
    platform.start("one");
    platform.start("other");
    platform.close();
    platform.hypervisor.killAll();
    platform.hypervisor.afterNextAlive(
        () -> {
          throw new OutOfMemoryError("unable to create native thread");
        });
    platform.restart();
    await(() -> states(both).anyMatch(VmState.STOPPED::equals));
    platform.restart();
    await(() -> states(both).allMatch(VmState.STOPPED::equals));
  }

  @Test
  void a_machine_without_any_handle_is_found_and_ended() throws IOException {
    Vm vm = platform.create("web");
    Vm started = platform.start("web");
    platform.close();
    Files.writeString(vm.files().handles(), "{");
    platform.store.update(started.running(null, started.startedAt()));
    platform.restart();
    await(() -> platform.stored(vm).state() == VmState.STOPPED);
    assertThat(platform.hypervisor.running()).isZero();
    assertThat(platform.runDirectory(vm)).doesNotExist();
  }

  @Test
  void demotes_and_cleans_up_a_machine_that_died_meanwhile() {
    Vm vm = platform.create("web");
    platform.start("web");
    platform.close();
    platform.hypervisor.killAll();
    platform.restart();
    await(() -> platform.stored(vm).state() == VmState.STOPPED);
    assertThat(platform.stored(vm).lastError()).isEqualTo("the machine ended by itself");
    assertThat(platform.runDirectory(vm)).doesNotExist();
    assertThat(platform.capability.prepared).isEmpty();
  }

  @Test
  void ends_what_a_start_of_an_older_version_left_that_declared_no_intent() {
    Vm vm = platform.create("web");
    platform.start("web");
    platform.close();
    platform.store.update(vm); // as it was before the start
    platform.restart();
    await(() -> platform.stored(vm).state() == VmState.ERROR);
    assertThat(platform.stored(vm).lastError()).contains("start was interrupted");
    assertThat(platform.hypervisor.running()).isZero();
    assertThat(platform.runDirectory(vm)).doesNotExist();
  }

  @Test
  void what_gets_its_row_before_its_turn_is_no_orphan() throws IOException {
    Vm other = platform.create("web");
    platform.close();
    Path late = Files.createDirectories(platform.state().resolve("vms/00000000aaaa"));
    Path orphan = Files.createDirectories(platform.state().resolve("vms/00000000ffff"));
    // The second look at the rows is the one that tells orphans.
    platform.store.afterNextList(
        () ->
            platform.store.afterNextList(
                () -> platform.store.reserve(others -> withId("00000000aaaa", other))));
    platform.restart();
    await(() -> !Files.exists(orphan));
    assertThat(late).exists();
  }

  @Test
  void an_orphan_whose_VMM_cannot_be_ended_keeps_what_finds_it_again() throws IOException {
    platform.close();
    Path orphan = Files.createDirectories(platform.state().resolve("vms/00000000dead"));
    Path run = Files.createDirectories(platform.run().resolve("vm/00000000dead"));
    Path next = Files.createDirectories(platform.run().resolve("vm/00000000ffff"));
    platform.faults.inject("sweep");
    platform.restart();
    await(() -> platform.hypervisor.swept.contains("00000000ffff"));
    assertThat(List.of(orphan, run, next)).allSatisfy(each -> assertThat(each).exists());
    platform.faults.clear();
    platform.restart();
    await(() -> !Files.exists(orphan) && !Files.exists(run) && !Files.exists(next));
  }

  @Test
  void removes_directories_that_no_machine_owns_and_nothing_else() throws IOException {
    Vm vm = platform.create("web");
    platform.close();
    Path orphan = platform.state().resolve("vms/00000000dead");
    Path run = platform.run().resolve("vm/00000000beef");
    Path foreign = platform.state().resolve("vms/notes");
    for (Path each : List.of(orphan, run, foreign)) {
      Files.createDirectories(each);
      Files.createFile(each.resolve("file"));
    }
    platform.restart();
    await(() -> !Files.exists(orphan) && !Files.exists(run));
    assertThat(platform.hypervisor.swept).contains("00000000dead", "00000000beef");
    assertThat(foreign.resolve("file")).exists();
    assertThat(vm.files().directory()).exists();
  }

  @Test
  void disks_whose_record_is_lost_are_kept_and_told_of() throws IOException {
    Vm vm = platform.create("web");
    platform.start("web");
    platform.machines().stop("web", Duration.ZERO, Operation.background());
    platform.close();
    platform.store.delete(vm.id()); // as an older copy of the database does
    Path orphan = Files.createDirectories(platform.state().resolve("vms/ffffffffffff"));
    platform.restart();
    await(() -> !Files.exists(orphan));
    assertThat(vm.files().rootDisk()).exists();
    LostMachines lost = new LostMachines(platform.state().resolve("vms"));
    assertThat(lost.besides(Set.of())).containsExactly(vm.files().directory());
    assertThat(lost.besides(Set.of(vm.id()))).isEmpty();
    assertThat(records()).contains(vm.files().directory().toString());

    // A deletion that was begun is finished.
    Intent.ofDeletion(vm).declare();
    platform.restart();
    await(() -> !Files.exists(vm.files().directory()));
    assertThat(records()).isEqualTo("every machine's disks have a record");
  }

  /** What doctor says of records. */
  private String records() {
    return new MachineChecks(
            new FakeHostCommands(),
            platform.machines(),
            new Capabilities((org.osgi.framework.Bundle) null),
            platform)
        .examine(Operation.background()).stream()
            .filter(finding -> finding.check().equals("vm-records"))
            .map(Finding::detail)
            .findFirst()
            .orElseThrow();
  }

  @Test
  void a_clean_up_that_is_not_there_stays_owed_until_it_is() {
    Vm vm = platform.create("web");
    platform.start("web");
    platform.restartBare();
    platform.machines().stop("web", Duration.ofSeconds(1), Operation.background());
    assertThat(platform.stored(vm).capabilities()).containsExactly("fake");
    assertThat(platform.capability.prepared).containsExactly(vm.id());
    platform.restartWithCapability();
    await(() -> platform.stored(vm).capabilities().isEmpty());
    assertThat(platform.capability.prepared).isEmpty();
  }

  private Stream<VmState> states(List<Vm> machines) {
    return machines.stream().map(vm -> platform.stored(vm).state());
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Vm withId(String id, Vm like) {
    return new Vm(
        id,
        "late",
        like.state(),
        like.spec(),
        like.imageId(),
        like.imageName(),
        like.kernel(),
        like.hypervisor(),
        UserNetwork.identity(id, like.network().sshPort() - 1),
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

  private static void await(BooleanSupplier condition) {
    Operation.background().within(Duration.ofSeconds(30)).await(condition, Duration.ofMillis(2));
  }
}
