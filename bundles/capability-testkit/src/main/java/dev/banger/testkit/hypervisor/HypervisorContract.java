// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.testkit.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.Disk;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.hypervisor.HypervisorStatus;
import dev.banger.hypervisor.MachineConfig;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.hypervisor.MachineStatistics;
import dev.banger.hypervisor.PortForward;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What {@link Hypervisor} promises, as tests. A driver extends it and gives its {@link
 * HypervisorFixture}; the machines are real.
 */
@Timeout(120)
public abstract class HypervisorContract {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Duration PAUSE = Duration.ofMillis(5);

  /** Far more than a VMM lets wait for its sockets. */
  private static final int LARGEST_CROWD = 64;

  /** Beyond any process id: PID_MAX_LIMIT of Linux is 2^22. */
  private static final long NOBODY = 1L << 30;

  private final Operation operation = Operation.background();
  private final List<MachineConfig> machines = new ArrayList<>();

  @TempDir Path home;
  private HypervisorFixture fixture;
  private Hypervisor hypervisor;

  /** What the driver gives; a new one at each call. */
  protected abstract HypervisorFixture fixture();

  @BeforeEach
  final void makeDriver() {
    fixture = fixture();
    Optional<String> hindrance = fixture.hindrance();
    assumeTrue(hindrance.isEmpty(), () -> hindrance.orElse(""));
    hypervisor = fixture.hypervisor(home);
  }

  @AfterEach
  final void sweepMachines() {
    machines.forEach(
        config -> hypervisor.sweep(config.vmId(), config.runtimeDirectory(), operation));
  }

  // What the driver is

  @Test
  void its_name_has_the_form_of_a_name_and_owns_its_handles() throws IOException {
    assertThat(hypervisor.name()).matches("[a-z0-9-]{1,32}");
    assertThat(start(machine()).hypervisor()).isEqualTo(hypervisor.name());
  }

  @Test
  void its_status_tells_that_it_can_run_machines_here() {
    HypervisorStatus status = hypervisor.status(operation);

    assertThat(status.usable()).isTrue();
    assertThat(status.version()).isNotBlank();
    assertThat(status.accelerator()).isIn("kvm", "tcg", null);
    assertThat(status.detail()).isNotBlank();
  }

  // Root disks

  @Test
  void a_root_disk_is_of_the_drivers_one_format_and_may_be_larger_than_its_image()
      throws IOException {
    Path image = image();
    Disk same = hypervisor.createRootDisk(image, home.resolve("same"), 1 << 20, operation);
    Disk larger = hypervisor.createRootDisk(image, home.resolve("larger"), 8 << 20, operation);

    assertThat(List.of(same, larger))
        .containsExactly(
            new Disk("root", home.resolve("same"), hypervisor.rootDiskFormat(), false),
            new Disk("root", home.resolve("larger"), hypervisor.rootDiskFormat(), false))
        .allSatisfy(disk -> assertThat(disk.path()).isNotEmptyFile());
    assertThat(fixture.hypervisor(home).rootDiskFormat()).isEqualTo(hypervisor.rootDiskFormat());
  }

  @Test
  void an_image_is_not_written_when_a_root_disk_is_made() throws IOException {
    Path image = image();
    byte[] before = Files.readAllBytes(image);

    hypervisor.createRootDisk(image, home.resolve("disk"), 8 << 20, operation);

    assertThat(image).hasBinaryContent(before);
  }

  @Test
  void a_root_disk_is_never_made_over_what_is_there() throws IOException {
    Path image = image();
    Path taken = Files.writeString(home.resolve("taken"), "precious");
    Path link = Files.createSymbolicLink(home.resolve("link"), home.resolve("linked"));

    assertFails(
        ErrorCode.ALREADY_EXISTS,
        () -> hypervisor.createRootDisk(image, taken, 8 << 20, operation));
    assertFails(
        ErrorCode.ALREADY_EXISTS, () -> hypervisor.createRootDisk(image, link, 8 << 20, operation));

    assertThat(taken).hasContent("precious");
    assertThat(home.resolve("linked")).doesNotExist();
  }

  @Test
  void a_root_disk_that_cannot_be_made_leaves_no_file() throws IOException {
    Path image = image();
    Path target = home.resolve("disk");
    Operation cancelled = cancelled();

    assertFails(
        ErrorCode.OPERATION_FAILED,
        () -> hypervisor.createRootDisk(home.resolve("no image"), target, 8 << 20, operation));
    assertFails(
        ErrorCode.OPERATION_FAILED,
        () ->
            hypervisor.createRootDisk(
                image, home.resolve("no directory/disk"), 8 << 20, operation));
    assertFails(
        ErrorCode.BAD_REQUEST,
        () -> hypervisor.createRootDisk(image, target, (1 << 20) - 1, operation));
    assertFails(
        ErrorCode.CANCELLED, () -> hypervisor.createRootDisk(image, target, 8 << 20, cancelled));

    assertThat(target).doesNotExist();
    assertThat(home.resolve("no directory")).doesNotExist();
    assertThat(hypervisor.createRootDisk(image, target, 8 << 20, operation).path()).exists();
  }

  @Test
  void a_disk_grows_and_keeps_what_is_on_it_and_never_shrinks() throws IOException {
    Path file = image();
    byte[] before = Files.readAllBytes(file);
    Disk disk = new Disk("data", file, Disk.Format.RAW, false);

    hypervisor.growDisk(disk, 8 << 20, operation);
    hypervisor.growDisk(disk, 8 << 20, operation);
    assertFails(ErrorCode.BAD_REQUEST, () -> hypervisor.growDisk(disk, 4 << 20, operation));

    assertThat(file).hasSize(8 << 20);
    assertThat(Arrays.copyOf(Files.readAllBytes(file), before.length)).isEqualTo(before);
  }

  @Test
  void a_root_disk_grows_and_its_image_is_not_written() throws IOException {
    Path image = image();
    byte[] before = Files.readAllBytes(image);
    Disk root = hypervisor.createRootDisk(image, home.resolve("disk"), 1 << 20, operation);

    hypervisor.growDisk(root, 8 << 20, operation);

    assertFails(ErrorCode.BAD_REQUEST, () -> hypervisor.growDisk(root, 4 << 20, operation));
    hypervisor.growDisk(root, 8 << 20, operation);
    assertThat(image).hasBinaryContent(before);
  }

  @Test
  void a_disk_that_cannot_be_grown_stays_as_it_is() throws IOException {
    Path file = image();
    Disk disk = new Disk("data", file, Disk.Format.RAW, false);
    Disk missing = new Disk("data", home.resolve("no disk"), Disk.Format.RAW, false);
    Disk readOnly = new Disk("data", file, Disk.Format.RAW, true);

    assertFails(ErrorCode.BAD_REQUEST, () -> hypervisor.growDisk(disk, (8 << 20) + 1, operation));
    assertFails(ErrorCode.BAD_REQUEST, () -> hypervisor.growDisk(readOnly, 8 << 20, operation));
    assertFails(ErrorCode.CORRUPT, () -> hypervisor.growDisk(missing, 8 << 20, operation));
    assertFails(ErrorCode.CANCELLED, () -> hypervisor.growDisk(disk, 8 << 20, cancelled()));

    assertThat(file).hasSize(1 << 20);
    assertThat(missing.path()).doesNotExist();
  }

  // Start

  @Test
  void a_handle_names_the_process_of_a_live_machine() throws IOException {
    MachineConfig config = machine();
    MachineHandle handle = start(config);

    assertThat(hypervisor.alive(handle)).isTrue();
    assertThat(handle.processStart()).isEqualTo(new LinuxProcess(handle.pid()).startTime());
    assertThat(handle.bootId()).isEqualTo(LinuxProcess.bootId());
    assertThat(handle.accelerator()).isIn("kvm", "tcg");
    assertThat(monitors(config)).containsExactly(handle.pid());
  }

  @Test
  void its_control_socket_answers_as_soon_as_a_machine_has_started() throws IOException {
    MachineHandle handle = start(machine());

    SocketChannel.open(UnixDomainSocketAddress.of(handle.controlSocket())).close();
    SocketChannel.open(UnixDomainSocketAddress.of(handle.agentSocket())).close();
  }

  @Test
  void a_vmm_shares_neither_session_nor_terminal_nor_streams_with_its_driver() throws IOException {
    LinuxProcess vmm = new LinuxProcess(start(machine()).pid());
    LinuxProcess driver = LinuxProcess.ofThisJvm();

    assertThat(vmm.session()).isNotEqualTo(driver.session());
    assertThat(vmm.group()).isNotEqualTo(driver.group());
    assertThat(vmm.terminal()).isZero();
    assertThat(vmm.standardStreams())
        .doesNotContainAnyElementsOf(driver.standardStreams())
        .noneMatch(stream -> stream.startsWith("pipe:"));
  }

  @Test
  void a_machine_outlives_the_process_that_started_it_and_another_serves_it() throws IOException {
    MachineStarter.Started started = startInAnotherProcess();
    MachineHandle handle = started.handle();
    try {
      assertThat(hypervisor.alive(handle)).isTrue();
      hypervisor.openAgent(handle, operation).close();
      PortForward web = new PortForward("127.0.0.1", freePort(), 80);
      hypervisor.addPortForward(handle, web, operation);
      assertThat(listens(web)).isTrue();
      outgrow(started.consoleLog(), started.consoleLimitBytes());
      await(() -> size(started.consoleLog()) <= started.consoleLimitBytes());
      hypervisor.terminate(handle, operation);
      assertThat(hypervisor.alive(handle)).isFalse();
      assertThat(started.runtimeDirectory()).isEmptyDirectory();
    } finally {
      hypervisor.sweep(started.vmId(), started.runtimeDirectory(), operation);
    }
  }

  /** What may be wrong with a machine's files. */
  enum Damage {
    KERNEL_MISSING(ErrorCode.CORRUPT) {
      @Override
      void doTo(MachineConfig config) throws IOException {
        Files.delete(config.boot().kernel());
      }
    },
    KERNEL_EMPTY(ErrorCode.CORRUPT) {
      @Override
      void doTo(MachineConfig config) throws IOException {
        Files.write(config.boot().kernel(), new byte[0]);
      }
    },
    KERNEL_NONE(ErrorCode.OPERATION_FAILED) {
      @Override
      void doTo(MachineConfig config) throws IOException {
        Files.writeString(config.boot().kernel(), "no kernel at all");
      }
    },
    INITRAMFS_MISSING(ErrorCode.CORRUPT) {
      @Override
      void doTo(MachineConfig config) throws IOException {
        Files.delete(config.boot().initramfs());
      }
    },
    DISK_MISSING(ErrorCode.CORRUPT) {
      @Override
      void doTo(MachineConfig config) throws IOException {
        Files.delete(config.disks().get(0).path());
      }
    },
    CONSOLE_LOG_IS_A_DIRECTORY(ErrorCode.OPERATION_FAILED) {
      @Override
      void doTo(MachineConfig config) throws IOException {
        Files.createDirectory(config.consoleLog());
      }
    },
    RUN_DIRECTORY_MISSING(ErrorCode.OPERATION_FAILED) {
      @Override
      void doTo(MachineConfig config) throws IOException {
        Files.delete(config.runtimeDirectory());
      }
    };

    private final ErrorCode code;

    Damage(ErrorCode code) {
      this.code = code;
    }

    abstract void doTo(MachineConfig config) throws IOException;
  }

  @ParameterizedTest
  @EnumSource
  void a_start_that_fails_leaves_neither_process_nor_file(Damage damage) throws IOException {
    MachineConfig config = machine();
    damage.doTo(config);

    assertFails(damage.code, () -> hypervisor.start(config, operation));

    assertNothingLeft(config);
  }

  @Test
  void a_taken_port_is_named_and_leaves_nothing_and_once_free_it_is_used() throws IOException {
    MachineConfig config = machine();
    PortForward forward = config.portForwards().get(0);
    try (ServerSocket taken = new ServerSocket(forward.hostPort(), 1, loopback())) {
      assertFails(ErrorCode.ALREADY_EXISTS, () -> hypervisor.start(config, operation))
          .hasMessageContaining(Integer.toString(taken.getLocalPort()));
      assertNothingLeft(config);
    }

    start(config);

    assertThat(listens(forward)).isTrue();
  }

  @Test
  void a_start_that_is_cancelled_beforehand_changes_nothing() throws IOException {
    MachineConfig config = machine();

    assertFails(ErrorCode.CANCELLED, () -> hypervisor.start(config, cancelled()))
        .hasMessage("changed my mind");

    assertNothingLeft(config);
  }

  @Test
  void a_start_that_is_cancelled_while_it_works_leaves_nothing() throws Exception {
    MachineConfig config = machine();
    Operation given = Operation.background();
    Future<MachineHandle> starting = inBackground(() -> hypervisor.start(config, given));
    await(() -> starting.isDone() || !isEmpty(config.runtimeDirectory()));

    given.cancel("changed my mind");

    assertGivenUpOrAlive(ErrorCode.CANCELLED, config, starting::get);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 60, 80, 120})
  void a_start_whose_time_runs_out_anywhere_leaves_nothing(int milliseconds) throws Exception {
    MachineConfig config = machine();
    Operation hasty = operation.within(Duration.ofMillis(milliseconds));

    assertGivenUpOrAlive(
        ErrorCode.DEADLINE_EXCEEDED, config, () -> hypervisor.start(config, hasty));
  }

  @Test
  void machines_start_and_end_side_by_side() throws Exception {
    int count = 3;
    CyclicBarrier together = new CyclicBarrier(count);
    List<MachineConfig> configs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      configs.add(machine());
    }
    List<Future<MachineHandle>> starts =
        configs.stream()
            .map(
                config ->
                    inBackground(
                        () -> {
                          together.await(20, TimeUnit.SECONDS);
                          return hypervisor.start(config, operation);
                        }))
            .toList();
    List<MachineHandle> handles = new ArrayList<>();
    for (Future<MachineHandle> start : starts) {
      handles.add(start.get());
    }

    assertThat(handles).extracting(MachineHandle::pid).doesNotHaveDuplicates();
    assertThat(handles).allMatch(hypervisor::alive);

    for (Future<Void> end : handles.stream().map(this::terminateInBackground).toList()) {
      end.get();
    }
    assertThat(handles).noneMatch(hypervisor::alive);
  }

  // Life

  @Test
  void another_instance_of_the_driver_serves_a_machine_that_it_did_not_start() throws IOException {
    MachineConfig config = machine();
    MachineHandle handle = start(config);
    Hypervisor other = fixture.hypervisor(home);

    assertThat(other.alive(handle)).isTrue();
    other.openAgent(handle, operation).close();
    other.removePortForward(handle, config.portForwards().get(0), operation);
    assertThat(listens(config.portForwards().get(0))).isFalse();
    other.terminate(handle, operation);
    assertThat(hypervisor.alive(handle)).isFalse();
  }

  @Test
  void the_agents_stream_can_be_opened_again_after_it_was_closed() throws IOException {
    MachineHandle handle = start(machine());

    hypervisor.openAgent(handle, operation).close();
    try (var channel = hypervisor.openAgent(handle, operation)) {
      assertThat(channel.isOpen()).isTrue();
    }
    assertFails(ErrorCode.CANCELLED, () -> hypervisor.openAgent(handle, cancelled()));
  }

  @Test
  void neither_a_recycled_process_id_nor_another_boot_nor_nobody_is_the_machine()
      throws IOException {
    MachineHandle handle = start(machine());
    Process bystander = new ProcessBuilder("sleep", "600").start();
    try {
      long started = new LinuxProcess(bystander.pid()).startTime();
      List<MachineHandle> others =
          List.of(
              process(handle, bystander.pid(), started + 1, handle.bootId()),
              process(handle, bystander.pid(), started, "another boot"),
              process(handle, NOBODY, handle.processStart(), handle.bootId()));

      for (MachineHandle other : others) {
        assertThat(hypervisor.alive(other)).isFalse();
        assertNotServed(other);
      }
      assertThat(hypervisor.alive(handle)).isTrue();
      others.forEach(other -> hypervisor.terminate(other, operation));
      assertThat(bystander.isAlive()).isTrue();
    } finally {
      bystander.destroyForcibly();
    }
  }

  @Test
  void a_machine_whose_vmm_was_killed_is_not_alive_and_is_cleaned_up() throws IOException {
    MachineConfig config = machine();
    MachineHandle handle = start(config);

    hypervisor.signal(handle, "KILL", operation);

    await(() -> !hypervisor.alive(handle));
    assertNotServed(handle);
    hypervisor.terminate(handle, operation);
    assertNothingLeft(config);
    assertThat(hypervisor.alive(start(config))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"NONSENSE", "-9", "", "KILL; true"})
  void a_signal_that_there_is_not_is_refused_and_harms_nothing(String signal) throws IOException {
    MachineHandle handle = start(machine());

    assertFails(ErrorCode.BAD_REQUEST, () -> hypervisor.signal(handle, signal, operation));

    assertThat(hypervisor.alive(handle)).isTrue();
  }

  @Test
  void a_disk_of_a_running_machine_grows_and_never_shrinks() throws IOException {
    Disk data = new Disk("data", image(), Disk.Format.RAW, false);
    MachineConfig config = withDisk(machine(), data);
    Disk root = config.disks().get(0);
    MachineHandle handle = start(config);

    for (Disk disk : List.of(root, data)) {
      hypervisor.growRunningDisk(handle, disk, 16 << 20, operation);
      hypervisor.growRunningDisk(handle, disk, 16 << 20, operation);
      assertFails(
          ErrorCode.BAD_REQUEST,
          () -> hypervisor.growRunningDisk(handle, disk, 8 << 20, operation));
    }

    assertThat(data.path()).hasSize(16 << 20);
    hypervisor.terminate(handle, operation);
    assertFails(ErrorCode.BAD_REQUEST, () -> hypervisor.growDisk(root, 8 << 20, operation));
    assertThat(hypervisor.alive(start(config))).isTrue();
  }

  @Test
  void a_disk_of_a_running_machine_that_cannot_be_grown_stays_as_it_is() throws IOException {
    Disk fixed = new Disk("fixed", image(), Disk.Format.RAW, true);
    MachineConfig config = withDisk(machine(), fixed);
    Disk root = config.disks().get(0);
    MachineHandle handle = start(config);
    Disk unknown = new Disk("unknown", root.path(), root.format(), false);

    assertFails(
        ErrorCode.BAD_REQUEST,
        () -> hypervisor.growRunningDisk(handle, fixed, 16 << 20, operation));
    assertFails(
        ErrorCode.BAD_REQUEST,
        () -> hypervisor.growRunningDisk(handle, root, (16 << 20) + 1, operation));
    assertFails(
        ErrorCode.NOT_FOUND,
        () -> hypervisor.growRunningDisk(handle, unknown, 16 << 20, operation));
    assertFails(
        ErrorCode.CANCELLED, () -> hypervisor.growRunningDisk(handle, root, 16 << 20, cancelled()));

    assertThat(fixed.path()).hasSize(1 << 20);
    hypervisor.growRunningDisk(handle, root, 8 << 20, operation);
  }

  @Test
  void a_machine_tells_what_it_uses_of_the_host() throws IOException {
    MachineHandle handle = start(machine());
    await(() -> processorTime(handle).compareTo(Duration.ZERO) > 0);

    Duration before = processorTime(handle);
    MachineStatistics statistics = hypervisor.statistics(handle, operation);
    Duration after = processorTime(handle);

    assertThat(statistics.processorTime()).isBetween(before, after);
    assertThat(statistics.threads()).isPositive();
    assertThat(statistics.residentBytes())
        .satisfiesAnyOf(
            unknown -> assertThat(unknown).isEqualTo(-1),
            bytes -> assertThat(bytes).isGreaterThan(1 << 20));
    assertThat(statistics.readBytes()).isGreaterThanOrEqualTo(-1);
    assertThat(statistics.writtenBytes()).isGreaterThanOrEqualTo(-1);
    assertFails(ErrorCode.CANCELLED, () -> hypervisor.statistics(handle, cancelled()));
  }

  @Test
  void ports_come_and_go_on_a_running_machine() throws IOException {
    MachineHandle handle = start(machine());
    PortForward web = new PortForward("127.0.0.1", freePort(), 80);

    hypervisor.addPortForward(handle, web, operation);
    assertThat(listens(web)).isTrue();
    hypervisor.removePortForward(handle, web, operation);
    hypervisor.removePortForward(handle, web, operation);
    assertThat(listens(web)).isFalse();
    hypervisor.addPortForward(handle, web, operation);
    assertThat(listens(web)).isTrue();
  }

  @Test
  void a_port_that_the_machine_publishes_already_may_be_published_again() throws IOException {
    MachineConfig config = machine();
    MachineHandle handle = start(config);
    PortForward web = new PortForward("127.0.0.1", freePort(), 80);
    PortForward fromItsStart = config.portForwards().get(0);

    hypervisor.addPortForward(handle, web, operation);
    hypervisor.addPortForward(handle, web, operation);
    hypervisor.addPortForward(handle, fromItsStart, operation);

    assertThat(listens(web)).isTrue();
    assertThat(listens(fromItsStart)).isTrue();
    hypervisor.removePortForward(handle, web, operation);
    assertThat(listens(web)).isFalse();
  }

  @Test
  void a_port_that_leads_elsewhere_is_not_published() throws IOException {
    MachineHandle handle = start(machine());
    PortForward web = new PortForward("127.0.0.1", freePort(), 80);
    PortForward other = new PortForward("127.0.0.1", web.hostPort(), 8080);
    PortForward wider = new PortForward("0.0.0.0", web.hostPort(), 80);
    hypervisor.addPortForward(handle, web, operation);

    assertFails(ErrorCode.ALREADY_EXISTS, () -> hypervisor.addPortForward(handle, other, operation))
        .hasMessageContaining(Integer.toString(web.hostPort()));
    assertFails(
        ErrorCode.ALREADY_EXISTS, () -> hypervisor.addPortForward(handle, wider, operation));
    hypervisor.removePortForward(handle, web, operation);
    hypervisor.addPortForward(handle, other, operation);

    assertThat(listens(other)).isTrue();
  }

  @Test
  void a_port_of_another_program_is_not_published() throws IOException {
    MachineHandle handle = start(machine());
    try (ServerSocket taken = new ServerSocket(0, 1, loopback())) {
      PortForward forward = new PortForward("127.0.0.1", taken.getLocalPort(), 80);

      assertFails(
          ErrorCode.ALREADY_EXISTS, () -> hypervisor.addPortForward(handle, forward, operation));
    }
  }

  @Test
  void the_console_is_written_to_its_log() throws IOException {
    MachineConfig config = machine();
    start(config);

    await(() -> contains(config.consoleLog(), fixture.consoleWord()));
  }

  @Test
  void the_console_log_is_kept_within_its_bound() throws IOException {
    MachineConfig config = machine();
    start(config);

    outgrow(config.consoleLog(), config.consoleLimitBytes());

    await(() -> size(config.consoleLog()) <= config.consoleLimitBytes());
  }

  // End

  @Test
  void terminate_ends_the_vmm_and_what_it_left_but_keeps_disks_and_logs() throws IOException {
    MachineConfig config = machine();
    MachineHandle handle = start(config);

    hypervisor.terminate(handle, operation);

    assertThat(hypervisor.alive(handle)).isFalse();
    assertNothingLeft(config);
    assertThat(config.disks()).allSatisfy(disk -> assertThat(disk.path()).exists());
    assertThat(config.consoleLog()).exists();
    hypervisor.terminate(handle, operation); // again: nothing to do
    assertThat(hypervisor.alive(start(config))).isTrue();
  }

  @Test
  void terminate_ends_a_vmm_that_does_not_answer() throws IOException {
    MachineConfig config = machine();
    MachineHandle handle = start(config);
    hypervisor.signal(handle, "STOP", operation);
    assertThat(hypervisor.alive(handle)).isTrue();

    hypervisor.terminate(handle, operation);

    assertNothingLeft(config);
  }

  @Test
  void terminate_ends_a_vmm_that_does_not_answer_and_takes_nobody_more() throws IOException {
    MachineConfig config = machine();
    MachineHandle handle = start(config);
    hypervisor.signal(handle, "STOP", operation);
    List<SocketChannel> waiting = new ArrayList<>();
    try {
      for (Path socket : List.of(handle.controlSocket(), handle.agentSocket())) {
        crowd(socket, waiting);
      }

      hypervisor.terminate(handle, operation);
    } finally {
      for (SocketChannel each : waiting) {
        each.close();
      }
    }

    assertNothingLeft(config);
  }

  /** Connects until nobody more may wait to be taken; some take all that come. */
  private static void crowd(Path socket, List<SocketChannel> waiting) throws IOException {
    for (int i = 0; i < LARGEST_CROWD; i++) {
      SocketChannel next = SocketChannel.open(StandardProtocolFamily.UNIX);
      waiting.add(next);
      next.configureBlocking(false);
      try {
        if (!next.connect(UnixDomainSocketAddress.of(socket))) {
          return;
        }
      } catch (SocketException e) {
        return;
      }
    }
  }

  @Test
  void terminate_may_be_called_by_two_at_once() throws Exception {
    MachineConfig config = machine();
    MachineHandle handle = start(config);

    Future<Void> one = terminateInBackground(handle);
    Future<Void> another = terminateInBackground(handle);
    one.get();
    another.get();

    assertNothingLeft(config);
  }

  @Test
  void terminate_goes_on_when_something_cannot_be_removed() throws IOException {
    MachineConfig config = machine();
    MachineHandle handle = start(config);
    Files.delete(handle.controlSocket());
    Path stubborn = Files.createDirectory(handle.controlSocket()).resolve("file");
    Files.createFile(stubborn);

    Throwable failure = catchThrowable(() -> hypervisor.terminate(handle, operation));

    assertThat(failure)
        .satisfiesAnyOf(
            none -> assertThat(none).isNull(),
            e -> assertThat(e).isInstanceOf(BangerException.class));
    assertThat(monitors(config)).isEmpty();
    assertThat(handle.agentSocket()).doesNotExist();
    Files.deleteIfExists(stubborn);
    hypervisor.terminate(handle, operation);
    assertNothingLeft(config);
  }

  @Test
  void a_lost_machine_is_swept_and_that_of_another_installation_is_not() throws IOException {
    MachineConfig config = machine();
    MachineHandle lost = start(config);
    MachineConfig elsewhere = machine();
    MachineHandle other = start(elsewhere);

    fixture.hypervisor(home).sweep(config.vmId(), config.runtimeDirectory(), operation);

    assertThat(hypervisor.alive(lost)).isFalse();
    assertNothingLeft(config);
    assertThat(elsewhere.vmId()).isEqualTo(config.vmId());
    assertThat(hypervisor.alive(other)).isTrue();
  }

  @Test
  void a_sweep_removes_what_a_dead_vmm_left_and_finds_nothing_the_next_time() throws IOException {
    MachineConfig config = machine();
    MachineHandle handle = start(config);
    hypervisor.signal(handle, "KILL", operation);
    await(() -> !hypervisor.alive(handle));

    hypervisor.sweep(config.vmId(), config.runtimeDirectory(), operation);
    assertNothingLeft(config);

    hypervisor.sweep(config.vmId(), config.runtimeDirectory(), operation);
    hypervisor.sweep(config.vmId(), home.resolve("no run directory"), operation);
  }

  // What the tests say

  private MachineConfig machine() throws IOException {
    MachineConfig config =
        fixture.machine(hypervisor, Files.createDirectory(home.resolve("m" + machines.size())));
    assertThat(config.runtimeDirectory()).isEmptyDirectory();
    machines.add(config);
    return config;
  }

  private MachineHandle start(MachineConfig config) {
    return hypervisor.start(config, operation);
  }

  private MachineStarter.Started startInAnotherProcess() throws IOException {
    Path directory = Files.createDirectory(home.resolve("other"));
    try (MachineStarter other = MachineStarter.launch(fixture, directory)) {
      return other.started();
    }
  }

  private static MachineConfig withDisk(MachineConfig config, Disk disk) {
    List<Disk> disks = new ArrayList<>(config.disks());
    disks.add(disk);
    return new MachineConfig(
        config.vmId(),
        config.name(),
        config.vcpus(),
        config.memoryMib(),
        config.boot(),
        config.kernelArguments(),
        disks,
        config.network(),
        config.portForwards(),
        config.runtimeDirectory(),
        config.consoleLog(),
        config.consoleLimitBytes());
  }

  private static Duration processorTime(MachineHandle handle) {
    return ProcessHandle.of(handle.pid())
        .flatMap(process -> process.info().totalCpuDuration())
        .orElse(Duration.ZERO);
  }

  private Path image() throws IOException {
    byte[] content = new byte[1 << 20];
    content[1000] = 1;
    return Files.write(home.resolve("some image"), content);
  }

  private static Operation cancelled() {
    Operation operation = Operation.background();
    operation.cancel("changed my mind");
    return operation;
  }

  private static MachineHandle process(
      MachineHandle handle, long pid, long processStart, String bootId) {
    return new MachineHandle(
        handle.hypervisor(),
        pid,
        processStart,
        bootId,
        handle.accelerator(),
        handle.controlSocket(),
        handle.agentSocket());
  }

  private void assertNotServed(MachineHandle handle) throws IOException {
    PortForward forward = new PortForward("127.0.0.1", freePort(), 80);
    assertFails(ErrorCode.NOT_RUNNING, () -> hypervisor.openAgent(handle, operation));
    assertFails(ErrorCode.NOT_RUNNING, () -> hypervisor.signal(handle, "KILL", operation));
    assertFails(ErrorCode.NOT_RUNNING, () -> hypervisor.addPortForward(handle, forward, operation));
    assertFails(
        ErrorCode.NOT_RUNNING, () -> hypervisor.removePortForward(handle, forward, operation));
    Disk root = new Disk("root", home.resolve("disk"), hypervisor.rootDiskFormat(), false);
    assertFails(
        ErrorCode.NOT_RUNNING, () -> hypervisor.growRunningDisk(handle, root, 16 << 20, operation));
    assertFails(ErrorCode.NOT_RUNNING, () -> hypervisor.statistics(handle, operation));
  }

  private static AbstractThrowableAssert<?, ? extends Throwable> assertFails(
      ErrorCode code, ThrowingCallable call) {
    return assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            BangerException.class,
            e -> {
              assertThat(e.code()).as(e.getMessage()).isEqualTo(code);
              assertThat(e.getMessage()).isNotBlank();
            });
  }

  private void assertGivenUpOrAlive(
      ErrorCode code, MachineConfig config, Callable<MachineHandle> start) throws Exception {
    MachineHandle handle;
    try {
      handle = start.call();
    } catch (BangerException | ExecutionException e) {
      Throwable failure = e instanceof BangerException ? e : e.getCause();
      assertThat(failure)
          .isInstanceOfSatisfying(
              BangerException.class, given -> assertThat(given.code()).isEqualTo(code));
      assertNothingLeft(config);
      return;
    }
    assertThat(hypervisor.alive(handle)).as("the start was quicker").isTrue();
  }

  private void assertNothingLeft(MachineConfig config) {
    assertThat(monitors(config)).as("processes").isEmpty();
    assertThat(isEmpty(config.runtimeDirectory())).as("the run directory is empty").isTrue();
  }

  /**
   * The VMM processes of a machine. A VMM is found by its run directory on its command line, unless
   * a driver finds it otherwise.
   */
  protected List<Long> monitors(MachineConfig config) {
    return LinuxProcess.mentioning(config.runtimeDirectory().toString());
  }

  private static boolean isEmpty(Path directory) {
    String[] names = directory.toFile().list();
    return names == null || names.length == 0;
  }

  private static void outgrow(Path log, long limitBytes) throws IOException {
    Files.write(log, new byte[Math.toIntExact(limitBytes) + 1], StandardOpenOption.APPEND);
  }

  private static boolean contains(Path file, String text) {
    try {
      return Files.exists(file) && Files.readString(file).contains(text);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private Future<Void> terminateInBackground(MachineHandle handle) {
    return inBackground(
        () -> {
          hypervisor.terminate(handle, operation);
          return null;
        });
  }

  private static <T> Future<T> inBackground(Callable<T> task) {
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      return thread.submit(task);
    } finally {
      thread.shutdown();
    }
  }

  private static void await(BooleanSupplier condition) {
    Operation.background().within(SOON).await(condition, PAUSE);
  }

  private static boolean listens(PortForward forward) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(forward.hostAddress(), forward.hostPort()), 5000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, loopback())) {
      return socket.getLocalPort();
    }
  }

  private static InetAddress loopback() {
    return InetAddress.getLoopbackAddress();
  }
}
