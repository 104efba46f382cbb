// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Faults of the host under the real program: each is told, leaves nothing behind, and the same
 * command succeeds once the fault is gone. The tests that need an image come first and share one
 * installation.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(300)
class FaultsIT {
  private static final String IMAGE = "debian-bookworm";
  private static final String KERNEL = "debian-cloud";
  private static final Pattern OP_ID = Pattern.compile("\\((op-[0-9a-f]+)\\)");
  private static final Duration PULL = Duration.ofMinutes(4);

  private static Installation shared;

  @BeforeAll
  static void install() {
    shared = new Installation();
  }

  @AfterAll
  static void uninstall() {
    for (JsonNode vm : shared.json("vm", "list")) {
      shared.banger("vm", "delete", vm.get("name").asText());
    }
    shared.close();
  }

  @Test
  @Order(1)
  void pulls_whose_daemon_is_killed_leave_nothing_and_can_be_made_again() {
    Running image = shared.start("image", "pull", IMAGE);
    Running kernel = shared.start("kernel", "pull", KERNEL);
    Installation.await(
        "bytes of both",
        Duration.ofMinutes(2),
        () -> stagedBytes(shared, "images") > 0 && stagedBytes(shared, "kernels") > 0);
    ProcessHandle daemon = shared.daemon().orElseThrow();
    List<ProcessHandle> commands = daemon.descendants().toList();
    assertThat(commands).isNotEmpty();
    shared.killDaemon();

    for (Running pull : List.of(image, kernel)) {
      Outcome outcome = pull.await(Duration.ofSeconds(60));
      assertThat(outcome.status()).isNotZero();
      assertThat(outcome.stderr()).contains("the daemon went away");
    }
    assertThat(shared.json("image", "list")).isEmpty();
    assertThat(shared.json("kernel", "list")).isEmpty();
    assertThat(shared.stagedFiles()).isEmpty();
    for (ProcessHandle command : commands) {
      Installation.await("the end of " + command, Duration.ofSeconds(60), () -> !command.isAlive());
    }

    assertThat(shared.start("kernel", "pull", KERNEL).await(PULL).status()).isZero();
    assertThat(shared.start("image", "pull", IMAGE).await(PULL).status()).isZero();
    assertThat(shared.stagedFiles()).isEmpty();
  }

  @Test
  @Order(2)
  void a_truncated_kernel_is_named_and_made_anew_by_the_command_that_is_told() throws IOException {
    Path vmlinux = Path.of(shared.json("kernel", "show", KERNEL).get("vmlinux").asText());
    shorten(vmlinux);

    Outcome refused = shared.banger("vm", "run", "--rm", "--", "true");

    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.stderr())
        .contains("kernel \"" + KERNEL + "\" is damaged (vmlinux has ")
        .contains("banger kernel pull " + KERNEL);
    assertThat(logOf(refused)).contains(" corrupt: ");
    shared.assertNoMachineLeft();

    shared.succeed("kernel", "pull", "--force", KERNEL);
    assertThat(shared.succeed("vm", "run", "--rm", "--", "echo", "well")).isEqualTo("well\n");
  }

  @Test
  @Order(3)
  void a_truncated_image_is_named_and_two_clients_pull_it_anew_together() throws IOException {
    Path rootfs = Path.of(shared.json("image", "show", IMAGE).get("rootfs").asText());
    shorten(rootfs);

    Outcome refused = shared.banger("vm", "run", "--rm", "--", "true");

    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.stderr())
        .contains("image \"" + IMAGE + "\" is damaged: " + rootfs)
        .contains("banger image delete " + IMAGE);
    assertThat(logOf(refused)).contains(" corrupt: ");
    shared.assertNoMachineLeft();

    shared.succeed("image", "delete", IMAGE);
    shared.succeed("kernel", "delete", KERNEL);
    int madeBefore = madeSoFar();
    List<Running> pulls =
        List.of(
            shared.start("image", "pull", IMAGE),
            shared.start("image", "pull", IMAGE),
            shared.start("kernel", "pull", KERNEL),
            shared.start("kernel", "pull", KERNEL));
    for (Running pull : pulls) {
      Outcome outcome = pull.await(PULL);
      assertThat(outcome.status()).as(outcome::toString).isZero();
    }
    assertThat(madeSoFar() - madeBefore).as("one image and one kernel").isEqualTo(2);
    assertThat(shared.json("image", "list")).hasSize(1);
    assertThat(shared.json("kernel", "list")).hasSize(1);
    assertThat(shared.stagedFiles()).isEmpty();
    assertThat(shared.succeed("vm", "run", "--rm", "--", "echo", "well")).isEqualTo("well\n");
    shared.assertNoMachineLeft();
  }

  @Test
  @Order(4)
  void a_machine_whose_port_is_taken_is_refused_or_given_another_one() throws IOException {
    InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    int port = FreePort.any();
    shared.succeed("daemon", "stop");
    shared.configure("dev.banger.vm", "sshPortFirst=" + port, "sshPortLast=" + port);
    shared.succeed("vm", "run", "-d", "--name", "port");
    assertThat(sshPort("port")).isEqualTo(port);
    shared.succeed("vm", "stop", "port");

    try (ServerSocket taker = new ServerSocket()) {
      taker.setReuseAddress(true);
      taker.bind(new InetSocketAddress(loopback, port));
      Outcome refused = shared.banger("vm", "start", "port");
      assertThat(refused.status()).isEqualTo(1);
      assertThat(refused.stderr())
          .contains("no port from " + port + " to " + port + " is free")
          .contains("sshPortLast");
      assertThat(shared.machines()).isEmpty();
      JsonNode vm = shared.json("vm", "show", "port");
      assertThat(vm.get("state").asText()).isEqualTo("error");
      assertThat(vm.get("last_error").asText()).contains("no port from " + port);
    }
    shared.succeed("vm", "start", "port");
    assertThat(sshPort("port")).isEqualTo(port);
    shared.succeed("vm", "stop", "port");

    shared.succeed("daemon", "stop");
    shared.configure("dev.banger.vm", "");
    try (ServerSocket taker = new ServerSocket()) {
      taker.setReuseAddress(true);
      taker.bind(new InetSocketAddress(loopback, port));
      shared.succeed("vm", "start", "port");
      assertThat(sshPort("port")).isNotEqualTo(port);
      assertThat(shared.succeed("vm", "ssh", "port", "--", "echo", "over ssh"))
          .isEqualTo("over ssh\n");
    }
    shared.succeed("vm", "delete", "port");
    shared.assertNoMachineLeft();
  }

  @Test
  void a_full_disk_is_told_and_what_failed_succeeds_once_there_is_room() throws IOException {
    try (SmallDisk disk = SmallDisk.mount("40m");
        Installation banger = new Installation(disk.home())) {
      banger.succeed("vm", "list");
      disk.fill();

      for (String words :
          List.of("kernel pull " + KERNEL, "image pull " + IMAGE, "vm run --rm -- true")) {
        Outcome refused = banger.banger(words.split(" "));
        assertThat(refused.status()).as(words).isEqualTo(1);
        assertThat(refused.stderr()).as(words).containsPattern("no space left|only 0 MiB are free");
        assertThat(refused.stdout()).isEmpty();
        assertThat(banger.stagedFiles()).as(words).isEmpty();
        banger.assertNoMachineLeft();
      }
      assertThat(banger.json("image", "list")).isEmpty();
      assertThat(banger.json("kernel", "list")).isEmpty();

      disk.free();
      disk.change("size=1g");
      assertThat(banger.succeed("kernel", "pull", KERNEL)).isEqualTo(KERNEL + "\n");
      assertThat(banger.stagedFiles()).isEmpty();
    }
  }

  @Test
  void a_daemon_starts_on_a_full_disk_and_serves_what_takes_no_space() throws IOException {
    try (SmallDisk disk = SmallDisk.mount("20m");
        Installation banger = new Installation(disk.home())) {
      banger.succeed("vm", "list");
      banger.succeed("daemon", "stop");
      disk.fill();

      assertThat(banger.succeed("vm", "list")).startsWith("ID");
      Outcome refused = banger.banger("vm", "run", "--rm", "--", "true");
      assertThat(refused.status()).isEqualTo(1);
      assertThat(refused.stderr()).containsPattern("(?i)no space|only \\d MiB are free");
      ProcessHandle daemon = banger.daemon().orElseThrow();
      disk.free();
      assertThat(banger.succeed("vm", "list")).startsWith("ID");
      assertThat(banger.daemon()).contains(daemon);
    }
  }

  @Test
  void a_daemon_that_lacks_a_part_of_its_installation_names_it_and_ends(@TempDir Path directory)
      throws IOException {
    Path copy = directory.resolve("banger");
    Installation.copyTree(Installation.DISTRIBUTION, copy);
    Files.write(copy.resolve("system/7/shell.jar"), new byte[] {1, 2, 3});
    try (Installation banger = new Installation(Installation.temporaryHome(), copy)) {
      Outcome refused = banger.banger("vm", "list");

      assertThat(refused.status()).isEqualTo(1);
      assertThat(refused.stderr()).contains("shell.jar");
      Installation.await(
          "the daemon's end", Duration.ofSeconds(60), () -> banger.processes().isEmpty());
    }
  }

  @Test
  void a_home_that_cannot_be_written_is_named_and_works_once_it_can() throws IOException {
    try (SmallDisk disk = SmallDisk.mount("20m");
        Installation banger = new Installation(disk.home())) {
      disk.change("ro");
      Outcome refused = banger.banger("vm", "list");

      assertThat(refused.status()).isEqualTo(1);
      assertThat(refused.stderr())
          .contains(disk.home().toString())
          .contains("Read-only file system");
      assertThat(banger.processes()).isEmpty();

      disk.change("rw");
      assertThat(banger.succeed("vm", "list")).startsWith("ID");
    }
  }

  @Test
  void a_download_that_breaks_is_told_and_succeeds_when_the_mirror_is_well() throws IOException {
    assumeTrue(
        Running.start(List.of("apt-config", "dump"), Path.of("/"))
            .await(Duration.ofSeconds(60))
            .stdout()
            .lines()
            .noneMatch(line -> line.matches("(?i)Acquire::http::Proxy \".+\";")),
        "apt reaches archives through a proxy here");
    try (Mirror mirror = new Mirror();
        Installation banger = new Installation()) {
      banger.configure(
          "dev.banger.image",
          "debianMirror=" + mirror.url("debian"),
          "debianSecurityMirror=" + mirror.url("debian-security"));

      Outcome refused = banger.banger("kernel", "pull", KERNEL);

      assertThat(mirror.broken()).isPositive();
      assertThat(refused.status()).isEqualTo(1);
      assertThat(refused.stderr()).contains("cannot download busybox-static: ");
      assertThat(refused.stdout()).isEmpty();
      assertThat(banger.json("kernel", "list")).isEmpty();
      assertThat(banger.stagedFiles()).isEmpty();

      mirror.mend();
      assertThat(banger.succeed("kernel", "pull", KERNEL)).isEqualTo(KERNEL + "\n");
      assertThat(banger.stagedFiles()).isEmpty();
    }
  }

  @Test
  void a_daemon_that_follows_a_killed_one_logs_what_it_does(@TempDir Path elsewhere)
      throws IOException {
    Path copy = elsewhere.resolve("banger");
    Installation.copyTree(Installation.DISTRIBUTION, copy);
    FileTime configured = Files.getLastModifiedTime(copy.resolve("conf/org.ops4j.pax.logging.cfg"));
    try (Installation original = new Installation()) {
      Installation copied = new Installation(original.home(), copy);
      for (Installation program : List.of(original, copied, copied, original, copied)) {
        assertThat(logOf(program, program.banger("vm", "show", "nobody"))).contains("not_found");
        program.killDaemon();
      }
      // What is never written cannot be left half written.
      assertThat(copy.resolve("conf/org.ops4j.pax.logging.cfg"))
          .hasSameBinaryContentAs(
              Installation.DISTRIBUTION.resolve("conf/org.ops4j.pax.logging.cfg"))
          .satisfies(file -> assertThat(Files.getLastModifiedTime(file)).isEqualTo(configured));
      // The next record rotates it.
      Path log = original.home().resolve("state/log/bangerd.log");
      Files.writeString(log, "x".repeat(11 << 20), StandardOpenOption.APPEND);
      assertThat(logOf(copied, copied.banger("vm", "show", "nobody"))).contains("not_found");
      assertThat(original.home().resolve("state/log/bangerd.1.log.gz")).exists();
      copied.killDaemon();
      assertThat(logOf(copied, copied.banger("vm", "show", "nobody"))).contains("not_found");
    }
  }

  @Test
  void a_store_that_is_garbage_is_refused_untouched_and_used_again_when_it_is_restored()
      throws IOException {
    try (Installation banger = new Installation()) {
      banger.succeed("vm", "list");
      banger.succeed("daemon", "stop");
      Path database = banger.home().resolve("state/banger.db");
      Path good = banger.home().resolve("good.db");
      Files.copy(database, good);
      byte[] garbage = new byte[20_000];
      Arrays.fill(garbage, (byte) '?');
      Files.write(database, garbage);

      Outcome refused = banger.banger("vm", "list");

      assertThat(refused.status()).isEqualTo(1);
      assertThat(refused.stderr())
          .contains(database + " is damaged")
          .contains("It was not touched, and VMs that run go on running; 'banger daemon repair'");
      Outcome doctor = banger.banger("doctor");
      assertThat(doctor.status()).isEqualTo(1);
      assertThat(doctor.stdout()).contains("FAIL  store\n      " + database + " is damaged");
      assertThat(banger.banger("vm", "run", "--rm", "--", "true").status()).isEqualTo(1);
      assertThat(Files.readAllBytes(database)).isEqualTo(garbage);
      assertThat(banger.machineFiles()).isEmpty();

      Files.copy(good, database, StandardCopyOption.REPLACE_EXISTING);
      assertThat(banger.succeed("vm", "list")).startsWith("ID");
      assertThat(banger.succeed("doctor", "--json").contains("is damaged")).isFalse();
    }
  }

  @Test
  void a_store_that_another_program_holds_is_refused_and_used_when_it_is_let_go()
      throws IOException {
    try (Installation banger = new Installation()) {
      banger.succeed("vm", "list");
      banger.succeed("daemon", "stop");
      Path database = banger.home().resolve("state/banger.db");
      try (FileChannel holder =
          FileChannel.open(database, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        // All bytes that SQLite locks: https://www.sqlite.org/fileformat.html#the_lock_byte_page
        holder.lock(0x4000_0000L, 512, false);

        Outcome refused = banger.banger("vm", "list");

        assertThat(refused.status()).isEqualTo(1);
        assertThat(refused.stderr())
            .contains(", process " + ProcessHandle.current().pid() + ") holds the database");
      }
      assertThat(banger.succeed("vm", "list")).startsWith("ID");
    }
  }

  /** The record that the daemon logged of a failed command. */
  private static String logOf(Outcome refused) {
    return logOf(shared, refused);
  }

  private static String logOf(Installation banger, Outcome refused) {
    Matcher id = OP_ID.matcher(refused.stderr());
    assertThat(id.find()).as(refused::toString).isTrue();
    String wanted = "\"op_id\":\"" + id.group(1) + "\"";
    // The answer is sent before the record is written.
    Installation.await(
        "the record of " + id.group(1),
        Duration.ofSeconds(60),
        () -> recordsOf(banger, wanted).contains("Request "));
    return recordsOf(banger, wanted);
  }

  private static String recordsOf(Installation banger, String wanted) {
    return String.join("\n", banger.log().lines().filter(line -> line.contains(wanted)).toList());
  }

  /** How many images and kernels the shared installation has made. */
  private static int madeSoFar() {
    return (int)
        shared
            .log()
            .lines()
            .filter(line -> line.matches(".*\"(image|kernel) [a-z0-9-]+ [^\"]*is here[^\"]*\".*"))
            .count();
  }

  private static int sshPort(String vm) {
    return shared.json("vm", "show", vm).get("network").get("ssh_port").asInt();
  }

  private static void shorten(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(channel.size() - 1);
    }
  }

  /** The bytes that pulls have staged below a directory of the state directory. */
  private static long stagedBytes(Installation banger, String directory) {
    Path root = banger.home().resolve("state").resolve(directory);
    if (!Files.isDirectory(root)) {
      return 0;
    }
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .filter(file -> root.relativize(file).toString().startsWith(".staging-"))
          .filter(Files::isRegularFile)
          .mapToLong(file -> file.toFile().length())
          .sum();
    } catch (IOException | UncheckedIOException e) {
      return 0; // something went while it was looked at
    }
  }
}
