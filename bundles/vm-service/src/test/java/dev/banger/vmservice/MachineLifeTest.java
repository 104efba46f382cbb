// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.MachineConfig;
import dev.banger.operation.Operation;
import dev.banger.vm.CreateVm;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class MachineLifeTest {
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
  void a_machine_is_created_started_stopped_restarted_and_deleted() throws IOException {
    Vm created = platform.create("web");
    assertThat(created.state()).isEqualTo(VmState.CREATED);
    assertThat(created.network().macAddress())
        .isEqualTo(
            "52:54:00:%s:%s:%s"
                .formatted(
                    created.id().substring(0, 2),
                    created.id().substring(2, 4),
                    created.id().substring(4, 6)));
    assertThat(created.network().sshPort()).isBetween(20_000, 29_999);
    assertThat(PosixFilePermissions.toString(permissions(created.files().directory())))
        .isEqualTo("rwx------");

    Vm started = platform.start("web");
    assertThat(started.state()).isEqualTo(VmState.RUNNING);
    assertThat(started).isEqualTo(platform.stored(created)).isEqualTo(find("web"));
    assertThat(started.capabilities()).containsExactly("fake");
    assertThat(platform.files(created))
        .contains("root.qcow2", "config.tar", "handles.json", "ssh_host_ed25519_key");
    MachineConfig config = platform.hypervisor.started.get(0);
    assertThat(config.kernelArguments())
        .contains("systemd.hostname=web", "fake=1")
        .as("the kernel waits for no network")
        .noneMatch(word -> word.startsWith("ip="));
    assertThat(config.consoleLimitBytes()).isEqualTo(8 << 20);
    assertThat(config.disks()).extracting("serial").containsExactly("root", "config");
    assertThat(config.portForwards().get(0).hostPort()).isEqualTo(created.network().sshPort());
    assertThat(platform.guests().bootId("web", Operation.background())).isEqualTo("boot-1");

    Vm stopped = stop("web");
    assertThat(stopped.state()).isEqualTo(VmState.STOPPED);
    assertThat(stopped.lastError()).isNull();
    assertThat(stopped.capabilities()).isEmpty();
    assertNothingRuns(created);
    assertThat(platform.files(created)).contains("root.qcow2").doesNotContain("handles.json");

    platform.start("web");
    Vm restarted =
        platform.machines().restart("web", Duration.ofSeconds(1), Operation.background());
    assertThat(restarted.state()).isEqualTo(VmState.RUNNING);
    assertThat(platform.hypervisor.started).hasSize(3);
    assertThat(platform.hypervisor.running()).isEqualTo(1);

    Path knownHosts = platform.state().resolve("ssh/known_hosts");
    assertThat(Files.readString(knownHosts)).contains(created.id());
    platform.machines().delete("web", Operation.background());
    assertNothingRuns(created);
    assertThat(platform.store.list()).isEmpty();
    assertThat(created.files().directory()).doesNotExist();
    assertThat(Files.readString(knownHosts)).doesNotContain(created.id());
  }

  @Test
  void what_is_already_so_is_returned_as_it_is() {
    Vm created = platform.create("web");
    assertThat(stop("web")).isEqualTo(created);
    Vm started = platform.start("web");
    assertThat(platform.start("web")).isEqualTo(started);
    assertThat(platform.hypervisor.started).hasSize(1);
  }

  @Test
  void every_slow_stage_of_a_start_is_told() {
    platform.create("web");
    List<String> stages = new ArrayList<>();
    platform.machines().start("web", Operation.start(event -> stages.add(event.stage())));
    assertThat(stages).containsExactly("boot_files", "root_disk", "hypervisor", "agent");
  }

  @Test
  void a_guest_that_does_not_answer_is_ended_by_force() {
    Vm vm = platform.create("web");
    platform.start("web");
    platform.restart(); // which closes the connection that still works
    platform.faults.inject("open_agent");
    assertThat(stop("web").state()).isEqualTo(VmState.STOPPED);
    assertThat(platform.hypervisor.powerOffAsked.getCount()).isEqualTo(1);
    assertNothingRuns(vm);
  }

  @Test
  void kill_ends_the_machine_and_other_signals_do_not() {
    Vm vm = platform.create("web");
    platform.start("web");
    assertThat(kill("web", "STOP").state()).isEqualTo(VmState.RUNNING);
    assertThat(platform.hypervisor.running()).isEqualTo(1);
    assertThat(kill("web", "KILL").state()).isEqualTo(VmState.STOPPED);
    assertThat(platform.hypervisor.signals).containsExactly("STOP", "KILL");
    assertNothingRuns(vm);
    assertCode(() -> kill("web", "KILL"), ErrorCode.NOT_RUNNING);
    assertCode(() -> kill("web", "SEGV"), ErrorCode.BAD_REQUEST);
  }

  @Test
  void a_deletion_goes_on_after_failures_and_keeps_the_row_until_it_is_whole() {
    Vm vm = platform.create("web");
    platform.start("web");
    platform.faults.inject("terminate");
    assertThatThrownBy(() -> platform.machines().delete("web", Operation.background()))
        .hasMessageContaining("injected at terminate");
    assertThat(vm.files().directory()).as("what finds the VMM again").exists();
    assertThat(platform.store.findById(vm.id())).isPresent();
    platform.faults.clear();
    platform.faults.inject("clean_up");
    assertThatThrownBy(() -> platform.machines().delete("web", Operation.background()))
        .hasMessageContaining("injected at clean_up");
    assertThat(platform.hypervisor.running()).isZero();
    assertThat(vm.files().directory()).doesNotExist();
    assertThat(platform.store.findById(vm.id())).isPresent();
    platform.faults.clear();
    platform.machines().delete("web", Operation.background());
    assertThat(platform.store.list()).isEmpty();
    assertNothingRuns(vm);
  }

  @Test
  void a_machine_that_ended_by_itself_is_shown_and_recorded_as_stopped() {
    Vm vm = platform.create("web");
    platform.start("web");
    platform.hypervisor.killAll();
    assertThat(platform.machines().list().get(0).state()).isEqualTo(VmState.STOPPED);
    assertThat(find("web").lastError()).isEqualTo("the machine ended by itself");
    Operation.background()
        .within(Duration.ofSeconds(30))
        .await(() -> platform.stored(vm).state() == VmState.STOPPED, Duration.ofMillis(2));
    assertThat(platform.stored(vm).lastError()).isEqualTo("the machine ended by itself");
    assertNothingRuns(vm);
    assertCode(() -> platform.guests().ping("web", Operation.background()), ErrorCode.NOT_RUNNING);
    assertThat(platform.start("web").state()).isEqualTo(VmState.RUNNING);
  }

  @Test
  void bad_input_is_refused_before_anything_changes() {
    assertCode(() -> platform.create("Web"), ErrorCode.BAD_REQUEST);
    assertCode(
        () ->
            platform
                .machines()
                .create(CreateVm.builder().name("web").vcpus(0).build(), Operation.background()),
        ErrorCode.BAD_REQUEST);
    assertCode(
        () ->
            platform
                .machines()
                .create(
                    CreateVm.builder().name("web").image("nowhere").memoryMib(128L).build(),
                    Operation.background()),
        ErrorCode.NOT_FOUND);
    assertThat(platform.store.list()).isEmpty();
    assertThat(Platform.names(platform.state().resolve("vms"))).isEmpty();
    platform.create("web");
    assertCode(
        () -> platform.machines().stop("web", Duration.ofMillis(-1), Operation.background()),
        ErrorCode.BAD_REQUEST);
    assertCode(() -> platform.create("web"), ErrorCode.ALREADY_EXISTS);
    assertThat(platform.store.list()).hasSize(1);
  }

  @Test
  void a_prefix_finds_a_machine_unless_it_is_ambiguous() {
    Vm web = platform.create("web");
    platform.create("web-2");
    assertThat(find("web")).isEqualTo(web);
    assertThat(find("web-").name()).isEqualTo("web-2");
    assertCode(() -> find("we"), ErrorCode.BAD_REQUEST);
    assertCode(() -> find("x"), ErrorCode.NOT_FOUND);
  }

  private Vm find(String reference) {
    return platform.machines().find(reference);
  }

  private Vm stop(String name) {
    return platform.machines().stop(name, Duration.ofSeconds(1), Operation.background());
  }

  private Vm kill(String name, String signal) {
    return platform.machines().kill(name, signal, Operation.background());
  }

  private void assertNothingRuns(Vm vm) {
    assertThat(platform.hypervisor.running()).isZero();
    assertThat(platform.runDirectory(vm)).doesNotExist();
    assertThat(platform.capability.prepared).isEmpty();
  }

  private static java.util.Set<java.nio.file.attribute.PosixFilePermission> permissions(Path file)
      throws IOException {
    return Files.getPosixFilePermissions(file);
  }

  private static void assertCode(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable action, ErrorCode code) {
    assertThatThrownBy(action)
        .isInstanceOfSatisfying(BangerException.class, e -> assertThat(e.code()).isEqualTo(code));
  }
}
