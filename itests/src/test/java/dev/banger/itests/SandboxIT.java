// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/**
 * What a person does with real machines, through the real client. One installation serves all
 * scenarios, so that image and kernel are made once.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(900)
class SandboxIT {
  private static Installation banger;

  @BeforeAll
  static void install() {
    banger = new Installation();
  }

  @AfterAll
  static void uninstall() {
    banger.close();
  }

  @AfterEach
  void delete_what_a_failed_scenario_left() {
    for (JsonNode vm : banger.json("vm", "list")) {
      banger.banger("vm", "delete", vm.get("name").asText());
    }
  }

  @Test
  @Order(1)
  void the_first_run_makes_image_and_kernel_and_prints_only_what_the_guest_says() {
    Outcome run =
        banger.start("vm", "run", "--rm", "--", "uname", "-a").await(Duration.ofMinutes(12));

    assertThat(run.status()).as(run::toString).isZero();
    assertThat(run.stdout()).startsWith("Linux ").contains("x86_64").hasLineCount(1);
    assertThat(run.stderr()).contains("spec:");
    banger.assertNoMachineLeft();
  }

  @Test
  void the_exit_status_is_the_commands_and_its_streams_stay_apart() {
    Outcome run =
        banger.banger(
            "vm", "run", "--rm", "--", "sh", "-c", "echo out; echo 'two  words' >&2; exit 42");

    assertThat(run.status()).isEqualTo(42);
    assertThat(run.stdout()).isEqualTo("out\n");
    assertThat(run.stderr()).contains("two  words\n");
    banger.assertNoMachineLeft();
  }

  @Test
  void a_machine_lives_through_its_whole_life() {
    banger.succeed("vm", "run", "-d", "--name", "life");
    assertThat(banger.succeed("vm", "exec", "life", "--", "hostname")).isEqualTo("life\n");
    assertThat(banger.bangerReading("from outside", "vm", "exec", "life", "--", "cat").stdout())
        .isEqualTo("from outside");
    Outcome missing = banger.banger("vm", "exec", "life", "--", "no-such-program");
    assertThat(missing.status()).isEqualTo(127);
    assertThat(missing.stderr()).contains("cannot run no-such-program").contains("(op-");
    assertThat(banger.banger("vm", "exec", "life", "--", "/etc/passwd").status()).isEqualTo(126);
    assertThat(banger.succeed("vm", "exec", "-u", "nobody", "life", "--", "pwd"))
        .as("where whose home is not there begins")
        .isEqualTo("/\n");
    String firstBoot = bootId("life");
    banger.succeed("vm", "exec", "life", "--", "sh", "-c", "echo kept > /root/marker");

    banger.succeed("vm", "stop", "life");
    assertThat(state("life")).isEqualTo("stopped");
    assertThat(banger.machines()).isEmpty();
    Outcome refused = banger.banger("vm", "exec", "life", "--", "true");
    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.stderr()).contains("not running").contains("(op-");

    banger.succeed("vm", "start", "life");
    assertThat(banger.succeed("vm", "exec", "life", "--", "cat", "/root/marker"))
        .isEqualTo("kept\n");
    String secondBoot = bootId("life");
    assertThat(secondBoot).isNotEqualTo(firstBoot);
    banger.succeed("vm", "restart", "life");
    assertThat(bootId("life")).isNotEqualTo(secondBoot);
    assertThat(banger.succeed("vm", "logs", "life")).isNotBlank();

    banger.succeed("vm", "kill", "--signal", "SIGKILL", "life");
    assertThat(state("life")).isEqualTo("stopped");
    banger.succeed("vm", "delete", "life");
    banger.assertNoMachineLeft();
  }

  @Test
  void a_home_outlives_a_reset_and_disks_grow_while_the_guest_runs() {
    banger.succeed(
        "vm", "run", "-d", "--name", "kept", "--disk-size", "9G", "--work-disk-size", "1G");
    banger.succeed(
        "vm", "exec", "kept", "--", "sh", "-c", "echo home > /root/marker; touch /root-marker");
    String boot = bootId("kept");
    long root = sizeMib("kept", "/");
    long home = sizeMib("kept", "/root");
    banger.succeed("vm", "set", "kept", "--disk-size", "10G", "--work-disk-size", "2G");
    assertThat(sizeMib("kept", "/")).isGreaterThan(root + 900);
    assertThat(sizeMib("kept", "/root")).isGreaterThan(home + 900);
    assertThat(bootId("kept")).isEqualTo(boot);
    Outcome refused = banger.banger("vm", "set", "kept", "--memory", "700M");
    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.stderr()).contains("vm stop kept");

    banger.succeed("vm", "rename", "kept", "renamed");
    banger.succeed("vm", "stop", "renamed");
    banger.succeed("vm", "set", "renamed", "--memory", "700M", "--disk-size", "11G");
    banger.succeed("vm", "reset", "--yes", "renamed");
    banger.succeed("vm", "start", "renamed");
    assertThat(
            banger.succeed(
                "vm",
                "exec",
                "renamed",
                "--",
                "sh",
                "-c",
                "hostname; cat /root/marker; ls /root-marker || true"))
        .isEqualTo("renamed\nhome\n");
    assertThat(sizeMib("renamed", "/")).isGreaterThan(root + 1800);
    banger.succeed("vm", "delete", "renamed");
    banger.assertNoMachineLeft();
  }

  @Test
  void a_machine_is_deleted_when_its_time_is_over() {
    banger.succeed("vm", "run", "-d", "--name", "brief", "--ttl", "20s");
    Installation.await(
        "the end of the machine's time",
        Duration.ofSeconds(120),
        () -> banger.json("vm", "list").isEmpty());
    banger.assertNoMachineLeft();
    assertThat(banger.succeed("events", "--vm", "brief")).contains("expiring", "deleted");
  }

  private long sizeMib(String vm, String path) {
    String size =
        banger.succeed("vm", "exec", vm, "--", "sh", "-c", "df -m " + path + " | tail -n 1");
    return Long.parseLong(size.trim().split(" +")[1]);
  }

  @Test
  void ssh_reaches_the_guest_with_a_known_host_key_and_a_changed_key_is_refused()
      throws IOException {
    banger.succeed("vm", "run", "-d", "--name", "sshd");

    Outcome login = banger.banger("vm", "ssh", "sshd", "--", "echo", "over ssh");
    assertThat(login.status()).as(login::toString).isZero();
    assertThat(login.stdout()).isEqualTo("over ssh\n");

    Path knownHosts = banger.home().resolve("state/ssh/known_hosts");
    String right = Files.readString(knownHosts);
    Files.writeString(
        knownHosts,
        right.replaceAll(
            "AAAAC3[^ \\n]+",
            "AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
    Outcome refused = banger.banger("vm", "ssh", "sshd", "--", "true");
    Files.writeString(knownHosts, right);
    assertThat(refused.status()).as(refused::toString).isNotZero();
  }

  @Test
  void machines_and_their_data_survive_a_killed_daemon() {
    banger.succeed("vm", "run", "-d", "--name", "survivor");
    String boot = bootId("survivor");

    ProcessHandle daemon = banger.daemon().orElseThrow();
    daemon.destroyForcibly();
    daemon.onExit().join();

    assertThat(banger.machines()).hasSize(1);
    assertThat(state("survivor")).isEqualTo("running");
    assertThat(banger.daemon().orElseThrow().pid()).isNotEqualTo(daemon.pid());
    assertThat(bootId("survivor")).isEqualTo(boot);
  }

  @Test
  void stopping_the_daemon_leaves_machines_running() {
    banger.succeed("vm", "run", "-d", "--name", "alone");
    String boot = bootId("alone");

    banger.succeed("daemon", "stop");
    assertThat(banger.banger("daemon", "status").status()).isEqualTo(3);
    assertThat(banger.machines()).hasSize(1);

    assertThat(bootId("alone")).isEqualTo(boot);
  }

  @Test
  void a_machine_that_ends_by_itself_is_seen_as_stopped() {
    banger.succeed("vm", "run", "-d", "--name", "gone");
    ProcessHandle machine = banger.machines().get(0);
    machine.destroyForcibly();
    machine.onExit().join();

    assertThat(state("gone")).isEqualTo("stopped");
    banger.succeed("vm", "start", "gone");
    assertThat(banger.succeed("vm", "exec", "gone", "--", "echo", "again")).isEqualTo("again\n");
  }

  @Test
  void after_a_reboot_a_machine_is_stopped_and_whoever_got_its_process_id_is_left_alone()
      throws IOException {
    banger.succeed("vm", "run", "-d", "--name", "rebooted");
    banger.succeed("vm", "exec", "rebooted", "--", "sh", "-c", "echo kept > /root/marker; sync");
    JsonNode files = banger.json("vm", "show", "rebooted").path("files");
    banger.reboot();
    Process stranger = new ProcessBuilder("sleep", "600").start();
    try {
      Path handles = Path.of(files.path("handles").asText());
      Files.writeString(
          handles,
          Files.readString(handles)
              .replaceAll("\"pid\"\\s*:\\s*[0-9]+", "\"pid\":" + stranger.pid())
              .replaceAll(
                  "\"process_start\"\\s*:\\s*[0-9]+",
                  "\"process_start\":" + Installation.startOf(stranger.pid()))
              .replaceAll("\"boot_id\"\\s*:\\s*\"[^\"]+", "\"boot_id\":\"before"));
      assertThat(Files.readString(handles)).contains("\"pid\":" + stranger.pid(), "before");

      assertThat(state("rebooted")).isEqualTo("stopped");
      banger.succeed("vm", "start", "rebooted");
      assertThat(banger.succeed("vm", "exec", "rebooted", "--", "cat", "/root/marker"))
          .isEqualTo("kept\n");
      assertThat(stranger.isAlive()).isTrue();
    } finally {
      stranger.destroyForcibly();
    }
  }

  @Test
  void an_interrupted_run_leaves_nothing() {
    Running run = banger.start("vm", "run", "--rm", "--", "sh", "-c", "echo ready; exec sleep 600");
    Installation.await(
        "the guest", Duration.ofMinutes(2), () -> run.stdoutSoFar().contains("ready"));

    run.signal("INT");

    assertThat(run.await(Duration.ofMinutes(1)).status()).isNotZero();
    banger.assertNoMachineLeft();
  }

  @Test
  void a_client_that_is_killed_leaves_nothing() {
    Running run = banger.start("vm", "run", "--rm", "--", "sh", "-c", "echo ready; exec sleep 600");
    Installation.await(
        "the guest", Duration.ofMinutes(2), () -> run.stdoutSoFar().contains("ready"));

    run.signal("KILL");

    Installation.await(
        "the machine's end", Duration.ofMinutes(1), () -> banger.json("vm", "list").isEmpty());
    Installation.await(
        "its files' end", Duration.ofSeconds(60), () -> banger.machineFiles().isEmpty());
    banger.assertNoMachineLeft();
  }

  @Test
  void two_machines_run_side_by_side_and_leave_the_image_as_it_was_published() throws IOException {
    Path rootfs = Path.of(banger.json("image", "show", "debian-bookworm").get("rootfs").asText());
    String before = digestOfData(rootfs);

    Running one =
        banger.start(
            "vm", "run", "--rm", "--name", "one", "--", "sh", "-c", "touch /root/one; hostname");
    Running two =
        banger.start(
            "vm",
            "run",
            "--rm",
            "--name",
            "two",
            "--",
            "sh",
            "-c",
            "rm -rf /usr/share/git-core; hostname");

    assertThat(one.await(Duration.ofMinutes(3)).stdout()).isEqualTo("one\n");
    assertThat(two.await(Duration.ofMinutes(3)).stdout()).isEqualTo("two\n");
    assertThat(digestOfData(rootfs)).isEqualTo(before);
    banger.assertNoMachineLeft();
  }

  @Test
  void a_terminal_session_is_a_shell_in_the_guest() throws IOException {
    // script(1) gives the client a terminal.
    Running session =
        Running.start(
            List.of(
                "script",
                "-qec",
                Installation.DISTRIBUTION.resolve("bin/banger") + " vm run --rm --name shell",
                "/dev/null"),
            banger.home());
    Installation.await(
        "a prompt", Duration.ofMinutes(2), () -> session.stdoutSoFar().contains("#"));
    session.type("tty; hostname; stty size >/dev/null && exit 7\r");

    Outcome outcome = session.await(Duration.ofMinutes(1));

    assertThat(outcome.status()).as(outcome::toString).isEqualTo(7);
    assertThat(outcome.stdout()).contains("/dev/pts/").contains("shell");
    banger.assertNoMachineLeft();
  }

  @Test
  void systemd_is_the_guests_init_and_its_services_work() {
    banger.succeed("vm", "run", "-d", "--name", "init");

    Installation.await(
        "systemd",
        Duration.ofMinutes(2),
        () ->
            Set.of("running\n", "degraded\n")
                .contains(
                    banger
                        .banger("vm", "exec", "init", "--", "systemctl", "is-system-running")
                        .stdout()));
    assertThat(
            banger.succeed(
                "vm", "exec", "init", "--", "systemctl", "--failed", "--no-legend", "--plain"))
        .isEmpty();
    assertThat(
            banger.succeed(
                "vm",
                "exec",
                "init",
                "--",
                "sh",
                "-c",
                "git --version && curl --version | head -n1"))
        .contains("git version")
        .contains("curl ");
    assertThat(banger.succeed("vm", "ports", "init")).contains("22");
  }

  private static String bootId(String vm) {
    return banger.succeed("vm", "exec", vm, "--", "cat", "/proc/sys/kernel/random/boot_id");
  }

  private static String state(String vm) {
    return banger.json("vm", "show", vm).get("state").asText();
  }

  /** A digest of the file's data and where it lies, which skips the holes of a sparse image. */
  private static String digestOfData(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      ByteBuffer block = ByteBuffer.allocate(1 << 20);
      for (long position = 0; position < channel.size(); position += block.capacity()) {
        block.clear();
        channel.read(block, position);
        block.flip();
        if (block.mismatch(ByteBuffer.allocate(block.limit())) >= 0) {
          digest.update(
              Long.toString(position).getBytes(java.nio.charset.StandardCharsets.US_ASCII));
          digest.update(block);
        }
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
