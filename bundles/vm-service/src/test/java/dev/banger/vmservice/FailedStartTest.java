// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.Disk;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whichever step of a start fails, nothing of the start is left but the reason. */
@Timeout(60)
class FailedStartTest {
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
  @ValueSource(
      strings = {
        "image",
        "prerequisites",
        "boot_files",
        "root_disk",
        "prepare_host",
        "configuration_disk",
        "machine_config",
        "hypervisor",
        "post_start",
        "record"
      })
  void undoes_all_when_this_point_fails(String point) {
    List<String> before = platform.files(vm);
    platform.faults.inject(point);
    assertThatThrownBy(() -> platform.start("web")).hasMessageContaining("injected at " + point);
    assertUndone(before, "injected at " + point);
    platform.faults.clear();
    assertThat(platform.start("web").state()).isEqualTo(VmState.RUNNING);
  }

  @Test
  void undoes_all_when_the_handles_cannot_be_written() throws IOException {
    List<String> before = platform.files(vm);
    Path obstacle = vm.files().directory().resolve("handles.json.new/x");
    platform.hypervisor.beforeStart = config -> DurableFiles.makeDirectory(obstacle);
    assertThatThrownBy(() -> platform.start("web")).hasMessageContaining("handles.json");
    DurableFiles.deleteTree(obstacle.getParent());
    assertUndone(before, "handles.json");
    platform.hypervisor.beforeStart = config -> {};
    assertThat(platform.start("web").state()).isEqualTo(VmState.RUNNING);
  }

  @Test
  void undoes_all_when_the_run_directory_cannot_be_made() throws IOException {
    List<String> before = platform.files(vm);
    Path obstacle = Files.createFile(platform.run().resolve("vm"));
    assertThatThrownBy(() -> platform.start("web")).isInstanceOf(BangerException.class);
    Files.delete(obstacle);
    assertUndone(before, "run");
    assertThat(platform.start("web").state()).isEqualTo(VmState.RUNNING);
  }

  @Test
  void fails_at_once_with_the_end_of_the_console_when_the_machine_dies() throws IOException {
    platform.settings.put("startTimeoutSeconds", 3600);
    platform.restart();
    List<String> before = platform.files(vm);
    platform.hypervisor.guestDiesAtBoot = true;
    Files.writeString(vm.files().consoleLog(), "booting\nKernel panic \u001b[31mhere\n");
    assertThatThrownBy(() -> platform.start("web"))
        .hasMessageContaining("ended before its agent answered")
        .hasMessageContaining("Kernel panic [31mhere");
    Files.delete(vm.files().consoleLog());
    assertUndone(before, "Kernel panic");
  }

  @Test
  void refuses_boot_files_that_are_empty() throws IOException {
    List<String> before = platform.files(vm);
    Files.write(directory.resolve("initramfs"), new byte[0]);
    assertThatThrownBy(() -> platform.start("web")).hasMessageContaining("initramfs");
    assertUndone(before, "initramfs");
  }

  @Test
  void undoes_all_when_the_host_has_no_thread_left() {
    List<String> before = platform.files(vm);
    platform.hypervisor.beforeOpenAgent = FailedStartTest::haveNoThread;
    assertThatThrownBy(() -> platform.start("web"))
        .isInstanceOf(BangerException.class)
        .hasMessageContaining("native thread");
    assertUndone(before, "native thread");
    platform.hypervisor.beforeOpenAgent = () -> {};
    assertThat(platform.start("web").state()).isEqualTo(VmState.RUNNING);
  }

  @Test
  void goes_on_undoing_when_the_host_has_no_thread_left_for_a_part_of_it() {
    platform.hypervisor.beforeOpenAgent = FailedStartTest::haveNoThread;
    platform.hypervisor.beforeTerminate = FailedStartTest::haveNoThread;
    assertThatThrownBy(() -> platform.start("web")).isInstanceOf(BangerException.class);
    assertThat(platform.hypervisor.running()).as("it was swept").isZero();
    assertThat(platform.capability.prepared).isEmpty();
    assertThat(platform.stored(vm).state()).isEqualTo(VmState.ERROR);
  }

  private static void haveNoThread() {
    throw new OutOfMemoryError("unable to create native thread");
  }

  @Test
  void keeps_the_disk_that_an_earlier_start_made() {
    platform.start("web");
    platform.machines().kill("web", "KILL", Operation.background());
    List<String> before = platform.files(vm);
    assertThat(before).contains("root.qcow2");
    platform.faults.inject("post_start");
    assertThatThrownBy(() -> platform.start("web")).isInstanceOf(BangerException.class);
    assertUndone(before, "post_start");
  }

  @Test
  void keeps_every_error_when_undoing_fails_too() {
    platform.faults.inject("post_start");
    platform.faults.inject("terminate");
    platform.faults.inject("clean_up");
    BangerException error =
        catchThrowableOfType(BangerException.class, () -> platform.start("web"));
    assertThat(error).hasMessageContaining("post_start");
    assertThat(error.getSuppressed())
        .extracting(Throwable::getMessage)
        .anyMatch(message -> message.contains("terminate"))
        .anyMatch(message -> message.contains("clean_up"));
    assertThat(platform.stored(vm).capabilities()).as("still owed").containsExactly("fake");
    assertThat(platform.runDirectory(vm)).as("what finds the VMM again").exists();
    platform.faults.clear();
    platform.start("web");
    platform.machines().delete("web", Operation.background());
    assertThat(platform.capability.prepared).isEmpty();
  }

  @Test
  void a_cancelled_start_is_undone_and_no_error_of_the_machine() {
    List<String> before = platform.files(vm);
    Operation operation = Operation.background();
    platform.hypervisor.beforeStart = config -> operation.cancel("the caller left");
    BangerException error =
        catchThrowableOfType(
            BangerException.class, () -> platform.machines().start("web", operation));
    assertThat(error.code()).isEqualTo(ErrorCode.CANCELLED);
    assertThat(platform.stored(vm).state()).isEqualTo(VmState.CREATED);
    assertThat(platform.files(vm)).isSubsetOf(with(before, "config.tar"));
    assertThat(platform.hypervisor.running()).isZero();
    assertThat(platform.capability.prepared).isEmpty();
  }

  @Test
  void moves_to_another_port_when_somebody_takes_it_in_the_last_moment() throws IOException {
    AtomicReference<ServerSocket> other = new AtomicReference<>();
    int port = vm.network().sshPort();
    platform.hypervisor.beforeStart =
        config -> {
          if (other.get() == null) {
            try {
              other.set(new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1")));
            } catch (IOException e) {
              throw new AssertionError(e);
            }
          }
        };
    Vm started = platform.start("web");
    other.get().close();
    assertThat(started.state()).isEqualTo(VmState.RUNNING);
    assertThat(started.network().sshPort()).isNotEqualTo(port);
    assertThat(platform.stored(vm).network()).isEqualTo(started.network());
    assertThat(platform.hypervisor.started.get(0).portForwards().get(0).hostPort())
        .isEqualTo(started.network().sshPort());
  }

  @Test
  void a_disk_of_another_format_than_the_drivers_is_refused_and_nothing_changed() {
    List<String> before = platform.files(vm);
    platform.hypervisor.rootDiskFormat = Disk.Format.RAW;
    assertFormatRefused(vm, before);
    platform.hypervisor.rootDiskFormat = Disk.Format.QCOW2;
    platform.start("web");
    platform.hypervisor.rootDiskFormat = Disk.Format.RAW;
    assertThatThrownBy(
            () -> platform.machines().restart("web", Duration.ZERO, Operation.background()))
        .hasMessageContaining("qcow2");
    assertThat(platform.hypervisor.running()).isEqualTo(1);
    Vm killed = platform.machines().kill("web", "KILL", Operation.background());
    assertFormatRefused(killed, platform.files(vm));
    platform.hypervisor.rootDiskFormat = Disk.Format.QCOW2;
    assertThat(platform.start("web").state()).isEqualTo(VmState.RUNNING);
  }

  private void assertFormatRefused(Vm record, List<String> files) {
    BangerException error =
        catchThrowableOfType(BangerException.class, () -> platform.start("web"));
    assertThat(error.code()).isEqualTo(ErrorCode.BAD_REQUEST);
    assertThat(error).hasMessageContaining("qcow2").hasMessageContaining("raw");
    assertThat(platform.stored(vm)).isEqualTo(record);
    assertThat(platform.files(vm)).isEqualTo(files);
  }

  @Test
  void a_driver_that_makes_another_format_than_it_says_is_found_out() {
    List<String> before = platform.files(vm);
    platform.hypervisor.madeFormat = Disk.Format.RAW;
    assertThatThrownBy(() -> platform.start("web")).hasMessageContaining("format raw");
    assertUndone(before, "format raw");
  }

  @Test
  void a_VMM_that_cannot_be_terminated_is_swept_too() {
    platform.faults.inject("post_start");
    platform.faults.inject("terminate");
    platform.hypervisor.beforeStart = config -> platform.hypervisor.swept.clear();
    assertThatThrownBy(() -> platform.start("web")).hasMessageContaining("post_start");
    assertThat(platform.hypervisor.swept).containsExactly(vm.id());
  }

  private void assertUndone(List<String> filesBefore, String reason) {
    Vm stored = platform.stored(vm);
    assertThat(stored.state()).isEqualTo(VmState.ERROR);
    assertThat(stored.lastError()).contains(reason);
    assertThat(stored.machine()).isNull();
    assertThat(stored.capabilities()).isEmpty();
    assertThat(platform.hypervisor.running()).isZero();
    assertThat(platform.runDirectory(vm)).doesNotExist();
    assertThat(platform.capability.prepared).isEmpty();
    // The configuration disk is made anew by each start; no harm in an old one.
    assertThat(platform.files(vm)).isSubsetOf(with(filesBefore, "config.tar"));
  }

  private static List<String> with(List<String> names, String more) {
    return java.util.stream.Stream.concat(names.stream(), java.util.stream.Stream.of(more))
        .toList();
  }
}
