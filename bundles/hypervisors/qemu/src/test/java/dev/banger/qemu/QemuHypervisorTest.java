// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.BangerDirectories;
import dev.banger.hypervisor.Disk;
import dev.banger.hypervisor.MachineConfig;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.hypervisor.PortForward;
import dev.banger.kernel.BootFiles;
import dev.banger.operation.Operation;
import dev.banger.vm.VmNetwork;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The driver against a real QEMU and a guest that only halts: what happens to processes, sockets,
 * ports and files.
 */
@Timeout(60)
class QemuHypervisorTest {
  private final PlainHostCommands commands = new PlainHostCommands();
  private final Operation operation = Operation.background();

  @TempDir Path home;
  private QemuHypervisor qemu;
  private MachineConfig config;

  @BeforeEach
  void prepare() throws IOException {
    assumeTrue(commands.find("qemu-system-x86_64").isPresent(), "QEMU is not installed here");
    qemu = hypervisor();
    Path run = Files.createDirectories(home.resolve("run, with: odd'characters"));
    Path kernel = HaltedGuest.write(home.resolve("halted.elf"));
    Path initramfs = Files.write(home.resolve("initramfs"), new byte[512]);
    Path image = home.resolve("image.raw");
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(1 << 20);
    }
    Disk root = qemu.createRootDisk(image, home.resolve("root, disk.qcow2"), 4 << 20, operation);
    config =
        new MachineConfig(
            "0123456789ab",
            "halted",
            1,
            64,
            new BootFiles(kernel, initramfs),
            List.of(),
            List.of(root),
            new VmNetwork(
                "52:54:00:00:00:01", "10.0.2.15/24", "10.0.2.2", List.of(), "127.0.0.1", 0),
            List.of(new PortForward("127.0.0.1", freePort(), 22)),
            run,
            home.resolve("console.log"),
            4096);
  }

  @AfterEach
  void sweep() {
    if (config != null) {
      qemu.sweep(config.vmId(), config.runtimeDirectory(), operation);
    }
  }

  @Test
  void a_machine_runs_in_a_session_of_its_own_until_it_is_terminated() throws IOException {
    MachineHandle handle = qemu.start(config, operation);

    assertThat(qemu.alive(handle)).isTrue();
    String[] stat =
        Files.readString(Path.of("/proc/" + handle.pid() + "/stat")).split("\\) ")[1].split(" ");
    assertThat(stat[3]).as("its session").isNotEqualTo(session(ProcessHandle.current().pid()));
    try (Socket ssh = new Socket()) {
      ssh.connect(
          new InetSocketAddress("127.0.0.1", config.portForwards().get(0).hostPort()), 5000);
    }
    qemu.openAgent(handle, operation).close();

    qemu.terminate(handle, operation);
    assertThat(qemu.alive(handle)).isFalse();
    assertThat(config.runtimeDirectory()).isEmptyDirectory();
    qemu.terminate(handle, operation); // again: nothing to do
  }

  @Test
  void another_instance_of_the_driver_serves_a_machine_it_did_not_start() {
    MachineHandle handle = qemu.start(config, operation);

    QemuHypervisor other = hypervisor();

    assertThat(other.alive(handle)).isTrue();
    other.terminate(handle, operation);
    assertThat(qemu.alive(handle)).isFalse();
  }

  @Test
  void a_recycled_process_id_is_not_the_machine() {
    long mine = ProcessHandle.current().pid();
    MachineHandle handle = qemu.start(config, operation);
    MachineHandle recycled =
        new MachineHandle(
            "qemu",
            mine,
            handle.processStart() + 1,
            handle.bootId(),
            "tcg",
            handle.controlSocket(),
            handle.agentSocket());
    MachineHandle beforeReboot =
        new MachineHandle(
            "qemu",
            handle.pid(),
            handle.processStart(),
            "another boot",
            "tcg",
            handle.controlSocket(),
            handle.agentSocket());

    assertThat(qemu.alive(recycled)).isFalse();
    assertThat(qemu.alive(beforeReboot)).isFalse();
    assertThatThrownBy(() -> qemu.signal(recycled, "KILL", operation))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_RUNNING));
    assertThat(qemu.alive(handle)).isTrue();
  }

  @Test
  void a_lost_machine_is_swept_and_another_installations_is_not() throws IOException {
    MachineHandle lost = qemu.start(config, operation);
    Path elsewhere = Files.createDirectories(home.resolve("elsewhere"));

    qemu.sweep(config.vmId(), elsewhere, operation);
    assertThat(qemu.alive(lost)).isTrue();

    qemu.sweep(config.vmId(), config.runtimeDirectory(), operation);
    assertThat(qemu.alive(lost)).isFalse();
    assertThat(config.runtimeDirectory()).isEmptyDirectory();
  }

  @Test
  void ports_come_and_go_on_a_running_machine() throws IOException {
    MachineHandle handle = qemu.start(config, operation);
    PortForward web = new PortForward("127.0.0.1", freePort(), 80);

    qemu.addPortForward(handle, web, operation);
    new Socket(InetAddress.getLoopbackAddress(), web.hostPort()).close();
    assertThatThrownBy(() -> qemu.addPortForward(handle, web, operation))
        .hasMessageContaining("port " + web.hostPort());
    qemu.removePortForward(handle, web, operation);
    qemu.removePortForward(handle, web, operation);
    assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), web.hostPort()).close())
        .isInstanceOf(IOException.class);
  }

  @Test
  void a_taken_port_is_named_and_leaves_nothing() throws IOException {
    try (ServerSocket taken =
        new ServerSocket(
            config.portForwards().get(0).hostPort(), 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(() -> qemu.start(config, operation))
          .isInstanceOfSatisfying(
              BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ALREADY_EXISTS))
          .hasMessageContaining("port " + taken.getLocalPort());
    }
    assertThat(config.runtimeDirectory()).isEmptyDirectory();
    assertThat(qemu.alive(qemu.start(config, operation))).isTrue();
  }

  @Test
  void a_kernel_that_is_missing_empty_or_no_kernel_is_refused_and_leaves_nothing()
      throws IOException {
    Path kernel = config.boot().kernel();
    Files.write(kernel, new byte[0]);
    assertThatThrownBy(() -> qemu.start(config, operation))
        .hasMessageContaining("missing or empty");
    Files.delete(kernel);
    assertThatThrownBy(() -> qemu.start(config, operation))
        .hasMessageContaining("missing or empty");
    Files.writeString(kernel, "no kernel at all");
    assertThatThrownBy(() -> qemu.start(config, operation))
        .hasMessageContaining("QEMU did not start");

    assertThat(config.runtimeDirectory()).isEmptyDirectory();
  }

  @Test
  void a_cancelled_start_leaves_nothing() {
    Operation cancelled = Operation.background();
    cancelled.cancel("changed my mind");

    assertThatThrownBy(() -> qemu.start(config, cancelled)).hasMessage("changed my mind");

    assertThat(config.runtimeDirectory()).isEmptyDirectory();
  }

  @Test
  void a_root_disk_is_never_made_over_a_file_and_never_left_half() throws IOException {
    Path image = home.resolve("image.raw");
    assertThatThrownBy(
            () -> qemu.createRootDisk(image, home.resolve("root, disk.qcow2"), 4 << 20, operation))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ALREADY_EXISTS));
    Path target = home.resolve("none.qcow2");
    assertThatThrownBy(
            () -> qemu.createRootDisk(home.resolve("no image"), target, 4 << 20, operation))
        .hasMessageContaining("no image");
    assertThat(target).doesNotExist();
  }

  @Test
  void a_console_log_is_cut_in_place_and_its_end_is_kept() throws IOException {
    Path log = Files.writeString(home.resolve("console"), "a".repeat(5000) + "the end");

    ConsoleLogBound.cut(log, 5000);
    assertThat(log).isEmptyFile();
    assertThat(home.resolve("console.1")).content().endsWith("the end").hasSize(5000);

    Files.writeString(log, "short");
    ConsoleLogBound.cut(log, 5000);
    assertThat(log).hasContent("short");
  }

  private static String session(long pid) throws IOException {
    return Files.readString(Path.of("/proc/" + pid + "/stat")).split("\\) ")[1].split(" ")[3];
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private QemuHypervisor hypervisor() {
    return new QemuHypervisor(
        commands,
        new Directories(home),
        new QemuSettings("qemu-system-x86_64", QemuSettings.Accelerator.TCG));
  }

  private record Directories(Path home) implements BangerDirectories {
    @Override
    public Path configuration() {
      return home.resolve("config");
    }

    @Override
    public Path state() {
      return home.resolve("state");
    }

    @Override
    public Path cache() {
      return home.resolve("cache");
    }

    @Override
    public Path run() {
      return home.resolve("run");
    }
  }
}
