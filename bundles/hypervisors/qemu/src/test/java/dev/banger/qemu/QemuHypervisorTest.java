// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.host.HostCommands;
import dev.banger.host.HostProcess;
import dev.banger.hypervisor.Disk;
import dev.banger.hypervisor.MachineConfig;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.operation.Operation;
import dev.banger.testkit.PlainHostCommands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What QEMU does beyond the promises of the SPI, which {@link QemuContractTest} tests. */
@Timeout(60)
class QemuHypervisorTest {
  private final QemuFixture fixture = new QemuFixture();
  private final Operation operation = Operation.background();

  @TempDir Path home;
  private QemuHypervisor qemu;
  private MachineConfig config;

  @BeforeEach
  void prepare() throws IOException {
    assumeTrue(fixture.hindrance().isEmpty(), () -> fixture.hindrance().orElse(""));
    qemu = fixture.hypervisor(home);
    config = fixture.machine(qemu, Files.createDirectory(home.resolve("machine")));
  }

  @AfterEach
  void sweep() {
    if (config != null) {
      qemu.sweep(config.vmId(), config.runtimeDirectory(), operation);
    }
  }

  @Test
  void qemus_own_words_are_told_when_a_disk_is_damaged() throws IOException {
    Files.writeString(config.disks().get(0).path(), "no disk at all");

    assertThatThrownBy(() -> qemu.start(config, operation))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OPERATION_FAILED))
        .hasMessageContaining("QEMU did not start")
        .hasMessageContaining("not in qcow2 format");
    assertThat(config.runtimeDirectory()).isEmptyDirectory();
  }

  @Test
  void a_start_that_is_cancelled_while_qemu_is_launched_leaves_nothing() {
    Operation given = Operation.background();
    QemuHypervisor interrupted =
        fixture.hypervisor(
            home,
            new Interrupted(
                result -> {
                  assertThat(result.succeeded()).as(result.stderr()).isTrue();
                  given.cancel("changed my mind");
                  given.check();
                  return result;
                }));

    assertThatThrownBy(() -> interrupted.start(config, given)).hasMessage("changed my mind");

    assertThat(config.runtimeDirectory()).isEmptyDirectory();
    assertThat(running()).isFalse();
  }

  @Test
  void a_qemu_that_does_not_tell_its_process_id_is_ended() {
    QemuHypervisor forgetful =
        fixture.hypervisor(
            home,
            new Interrupted(
                result -> {
                  writePidFile("no number");
                  return result;
                }));

    assertThatThrownBy(() -> forgetful.start(config, operation)).hasMessageContaining("process id");

    assertThat(config.runtimeDirectory()).isEmptyDirectory();
    assertThat(running()).isFalse();
  }

  @Test
  void a_run_directory_that_is_too_deep_for_sockets_is_refused() throws IOException {
    Path deep = Files.createDirectory(home.resolve("d".repeat(100)));
    MachineConfig tooDeep = Machines.in(config, deep);

    assertThatThrownBy(() -> qemu.start(tooDeep, operation))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BAD_REQUEST))
        .hasMessageContaining("shorter");
    assertThat(deep).isEmptyDirectory();
  }

  @Test
  void a_machine_without_its_pid_file_is_terminated_all_the_same() throws IOException {
    MachineHandle handle = qemu.start(config, operation);
    Files.delete(RunFiles.of(handle).pidFile());

    qemu.terminate(handle, operation);

    assertThat(running()).isFalse();
    assertThat(config.runtimeDirectory()).isEmptyDirectory();
  }

  @Test
  void a_vmm_is_filtered_by_seccomp_and_cannot_gain_privileges() throws IOException {
    MachineHandle handle = qemu.start(config, operation);

    assertThat(Files.readAllLines(Path.of("/proc", Long.toString(handle.pid()), "status")))
        .contains("NoNewPrivs:\t1", "Seccomp:\t2");
  }

  @Test
  void a_grown_disk_has_its_size_for_qemu_too() {
    Disk root = config.disks().get(0);
    qemu.growDisk(root, 8 << 20, operation);
    assertThat(virtualSize(root)).isEqualTo(8 << 20);

    MachineHandle handle = qemu.start(config, operation);
    qemu.growRunningDisk(handle, root, 16 << 20, operation);
    qemu.terminate(handle, operation);

    assertThat(virtualSize(root)).isEqualTo(16 << 20);
  }

  @Test
  void a_disk_of_a_running_machine_is_not_touched_from_outside() {
    Disk root = config.disks().get(0);
    MachineHandle handle = qemu.start(config, operation);

    assertThatThrownBy(() -> qemu.growDisk(root, 8 << 20, operation))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.IN_USE));

    qemu.terminate(handle, operation);
    assertThat(virtualSize(root)).isEqualTo(4 << 20);
  }

  @Test
  void a_disk_of_another_format_is_not_grown() throws IOException {
    Disk root = config.disks().get(0);
    Files.writeString(root.path(), "no disk at all");

    assertThatThrownBy(() -> qemu.growDisk(root, 8 << 20, operation))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OPERATION_FAILED))
        .hasMessageContaining("qcow2");
    assertThat(root.path()).hasContent("no disk at all");
  }

  @Test
  void a_host_without_qemu_runs_no_machine() {
    QemuHypervisor nowhere =
        fixture.hypervisor(home, new PlainHostCommands(), "/nowhere/qemu-system-x86_64");

    assertThat(nowhere.status(operation).usable()).isFalse();
    assertThat(nowhere.status(operation).version()).isNull();
    assertThat(nowhere.status(operation).detail()).contains("qemu-system-x86");
    assertThatThrownBy(() -> nowhere.start(config, operation))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.HOST_UNFIT));
    assertThat(config.runtimeDirectory()).isEmptyDirectory();
  }

  private long virtualSize(Disk disk) {
    String told =
        new PlainHostCommands()
            .run(HostCommand.of("qemu-img", "info", disk.path().toString()), operation)
            .stdout();
    Matcher bytes = Pattern.compile("virtual size: .*\\((\\d+) bytes\\)").matcher(told);
    assertThat(bytes.find()).as(told).isTrue();
    return Long.parseLong(bytes.group(1));
  }

  private boolean running() {
    String pidFile = RunFiles.in(config.runtimeDirectory()).pidFile().toString();
    return !new ProcessTable(Path.of("/proc")).find(words -> words.contains(pidFile)).isEmpty();
  }

  private void writePidFile(String content) {
    try {
      Files.writeString(RunFiles.in(config.runtimeDirectory()).pidFile(), content);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Does something when QEMU has been launched. */
  private record Interrupted(HostCommands commands, UnaryOperator<CommandResult> afterLaunch)
      implements HostCommands {
    Interrupted(UnaryOperator<CommandResult> afterLaunch) {
      this(new PlainHostCommands(), afterLaunch);
    }

    @Override
    public Optional<Path> find(String program) {
      return commands.find(program);
    }

    @Override
    public CommandResult run(HostCommand command, Operation operation) {
      CommandResult result = commands.run(command, operation);
      return command.argv().contains("-pidfile") ? afterLaunch.apply(result) : result;
    }

    @Override
    public HostProcess start(HostCommand command, Consumer<String> errors, Operation operation) {
      return commands.start(command, errors, operation);
    }
  }
}
