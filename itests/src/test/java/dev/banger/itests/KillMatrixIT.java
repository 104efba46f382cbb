// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The daemon dies before or after one act of a command, with a machine running beside the one that
 * the command is for; the next daemon must make everything whole. The points are those that the
 * daemon itself reports when the command runs undisturbed. A few of them when the system property
 * {@code banger.kill-matrix.few} is true; all of them, with a table as the result, when the system
 * property {@code banger.kill-matrix} names the table's file (profile {@code kill-matrix}).
 */
@Timeout(3600)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KillMatrixIT {
  private static final String TABLE = System.getProperty("banger.kill-matrix", "");
  private static final Path BUSYBOX = Path.of("/bin/busybox");
  private static final String IMAGE = "tiny";
  private static final String VICTIM = "victim";
  private static final String BYSTANDER = "bystander";
  private static final Duration COMMAND = Duration.ofMinutes(3);

  /** Comes last among the ids: when it is gone, the reconciliation has seen the rest. */
  private static final String SENTINEL = "ffffffffffff";

  @TempDir static Path directory;
  private Installation banger;
  private String boot;
  private final Map<Command, List<String>> points = new EnumMap<>(Command.class);
  private final List<String> rows = new ArrayList<>();

  /** What is interrupted. */
  private enum Command {
    CREATE(1, "vm", "create", "--no-start", "--image", IMAGE, "--name", VICTIM),
    START(2, "vm", "start", VICTIM),
    STOP(1, "vm", "stop", VICTIM),
    RESTART(0, "vm", "restart", VICTIM),
    KILL(0, "vm", "kill", VICTIM),
    DELETE(1, "vm", "delete", VICTIM);

    /** How many of its points are taken in every build. */
    private final int few;

    private final List<String> words;

    Command(int few, String... words) {
      this.few = few;
      this.words = List.of(words);
    }

    String verb() {
      return words.get(1);
    }
  }

  @BeforeAll
  void install() throws IOException {
    assumeTrue(
        !TABLE.isEmpty() || Boolean.getBoolean("banger.kill-matrix.few"),
        "two of the matrix's cells fail for a reason not yet known: run it with -Pkill-matrix");
    assumeTrue(Files.isExecutable(BUSYBOX), "busybox-static is not installed");
    banger = new Installation();
    banger.succeed("image", "import", archive().toString(), "--name", IMAGE);
    assertThat(
            banger
                .start("vm", "run", "-d", "--image", IMAGE, "--name", BYSTANDER)
                .await(Duration.ofMinutes(12))
                .status())
        .isZero();
    boot = bootOf(BYSTANDER);
    findPoints();
  }

  @AfterAll
  void uninstall() {
    if (banger == null) {
      return;
    }
    banger.banger("vm", "delete", BYSTANDER);
    banger.close();
  }

  @TestFactory
  Stream<DynamicTest> a_daemon_that_dies_here_loses_nothing_and_leaves_nothing() {
    return points.entrySet().stream()
        .flatMap(
            entry ->
                chosen(entry.getKey(), entry.getValue()).stream()
                    .map(
                        point ->
                            DynamicTest.dynamicTest(
                                entry.getKey().verb() + " " + point,
                                () -> dieAt(entry.getKey(), point))));
  }

  /** All points, or a few that lie evenly in their order. */
  private static List<String> chosen(Command command, List<String> points) {
    if (!TABLE.isEmpty()) {
      return points;
    }
    List<String> few = new ArrayList<>();
    for (int i = 0; i < command.few; i++) {
      few.add(points.get((2 * i + 1) * points.size() / (2 * command.few)));
    }
    return few;
  }

  private void dieAt(Command command, String point) {
    try {
      prepare(command);
      banger.succeed("daemon", "stop");
      Outcome interrupted = run("-Ddev.banger.fault=" + point, command);
      assertThat(interrupted.status()).as("%s", interrupted).isNotZero();
      assertThat(interrupted.stderr()).contains("daemon went away");
      assertThat(banger.processes()).as("the daemon is dead").hasSameSizeAs(banger.machines());

      recover();
      assertConsistent();
      String found = stateOfVictim();
      List<String> settled = snapshot();
      banger.killDaemon();
      recover();
      assertThat(snapshot()).as("the second reconciliation changes nothing").isEqualTo(settled);

      String repeated = repeat(command);
      assertConsistent();
      tell(command, point, found, repeated);
    } catch (AssertionError e) {
      tell(command, point, "FAILED", e.getMessage().replaceAll("\\s+", " ").replace("|", "/"));
      throw e;
    } finally {
      banger.banger("vm", "delete", VICTIM);
    }
  }

  /** Brings the machine into the state in which a command finds it. */
  private void prepare(Command command) {
    if (command == Command.CREATE) {
      return;
    }
    if (victim().isMissingNode()) {
      succeed(Command.CREATE);
    }
    if (command != Command.START && !victim().get("state").asText().equals("running")) {
      succeed(Command.START);
    }
  }

  private String repeat(Command command) {
    Outcome outcome = run("", command);
    if (command == Command.CREATE && !victim().isMissingNode() && outcome.status() != 0) {
      assertThat(outcome.stderr()).contains("exists already");
      succeed(Command.DELETE);
      succeed(Command.CREATE);
      return "already exists; after `vm delete`: succeeds";
    }
    if (command == Command.DELETE && outcome.status() != 0) {
      assertThat(outcome.stderr()).contains("'" + VICTIM + "' not found");
      return "it is gone already";
    }
    if (command == Command.KILL && outcome.status() != 0) {
      assertThat(outcome.stderr()).contains("is not running");
      return "it has ended already";
    }
    assertThat(outcome.status()).as("%s", outcome).isZero();
    if (command == Command.START || command == Command.RESTART) {
      assertThat(bootOf(VICTIM)).isNotBlank();
    }
    return "succeeds";
  }

  /** Runs every command once, undisturbed, in a daemon that writes down which points it reaches. */
  private void findPoints() throws IOException {
    Path trace = directory.resolve("points");
    banger.succeed("daemon", "stop");
    for (Command command : Command.values()) {
      if (TABLE.isEmpty() && command.few == 0) {
        continue;
      }
      // The daemon of the first command writes down what the others reach, too.
      String option = banger.daemon().isPresent() ? "" : "-Ddev.banger.fault.trace=" + trace;
      if (option.isEmpty()) {
        prepare(command);
      }
      Files.deleteIfExists(trace);
      Outcome outcome = run(option, command);
      assertThat(outcome.status()).as("%s", outcome).isZero();
      Set<String> reached = new LinkedHashSet<>(Files.readAllLines(trace));
      assertThat(reached).as("the points of %s", command).isNotEmpty();
      points.put(command, List.copyOf(reached));
    }
  }

  private void succeed(Command command) {
    banger.succeed(command.words.toArray(String[]::new));
  }

  /** Runs a command; the daemon that it starts gets an option. */
  private Outcome run(String option, Command command) {
    List<String> argv = new ArrayList<>();
    if (!option.isEmpty()) {
      argv.addAll(List.of("env", "JAVA_TOOL_OPTIONS=" + option));
    }
    argv.add(Installation.DISTRIBUTION.resolve("bin/banger").toString());
    argv.addAll(command.words);
    return Running.start(argv, banger.home()).await(COMMAND);
  }

  /** Starts the next daemon and waits until it has reconciled. */
  private void recover() {
    Path sentinel = banger.home().resolve("state/vms").resolve(SENTINEL);
    try {
      Files.createDirectory(sentinel);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    banger.succeed("vm", "list");
    Installation.await("the reconciliation", Duration.ofSeconds(60), () -> !Files.exists(sentinel));
  }

  /** Rows, processes and files tell the same story, and the bystander was not touched. */
  private void assertConsistent() {
    Set<String> ids = new TreeSet<>();
    Set<String> running = new TreeSet<>();
    List<String> names = new ArrayList<>();
    for (JsonNode vm : banger.json("vm", "list")) {
      ids.add(vm.get("id").asText());
      names.add(vm.get("name").asText());
      if (vm.get("state").asText().equals("running")) {
        running.add(vm.get("id").asText());
      }
    }
    assertThat(names).doesNotHaveDuplicates().contains(BYSTANDER).isSubsetOf(BYSTANDER, VICTIM);
    assertThat(bootOf(BYSTANDER)).isEqualTo(boot);
    assertThat(banger.machines()).as("VMMs").hasSameSizeAs(running);
    assertThat(banger.processes()).as("the daemon and the VMMs").hasSize(running.size() + 1);
    assertThat(names("run/vm")).isEqualTo(running);
    assertThat(ids).containsAll(names("state/vms"));
    for (String id : names("state/vms")) {
      Set<String> files = names("state/vms/" + id);
      assertThat(files.contains("handles.json")).isEqualTo(running.contains(id));
      assertThat(files).doesNotContain("starting");
    }
    assertThat(knownHosts()).isSubsetOf(ids);
  }

  private Set<String> names(String place) {
    Set<String> names = new TreeSet<>();
    Path at = banger.home().resolve(place);
    if (Files.isDirectory(at)) {
      try (Stream<Path> files = Files.list(at)) {
        files.forEach(file -> names.add(file.getFileName().toString()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return names;
  }

  private List<String> knownHosts() {
    try {
      return Files.readAllLines(banger.home().resolve("state/ssh/known_hosts")).stream()
          .map(line -> line.substring("banger-".length(), line.indexOf(' ')))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The rows and the names of all files of machines. */
  private List<String> snapshot() {
    List<String> all = new ArrayList<>();
    for (JsonNode vm : banger.json("vm", "list")) {
      all.add(vm.toString());
    }
    for (String place : List.of("state/vms", "run/vm")) {
      try (Stream<Path> files = Files.walk(banger.home().resolve(place))) {
        files.map(file -> banger.home().relativize(file).toString()).sorted().forEach(all::add);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return all;
  }

  private JsonNode victim() {
    for (JsonNode vm : banger.json("vm", "list")) {
      if (vm.get("name").asText().equals(VICTIM)) {
        return vm;
      }
    }
    return MissingNode.getInstance();
  }

  private String stateOfVictim() {
    JsonNode vm = victim();
    if (vm.isMissingNode()) {
      return "no machine";
    }
    String error = vm.path("last_error").asText("");
    boolean told = vm.get("state").asText().equals("error");
    assertThat(told).as("an error is told: %s", vm).isEqualTo(error.contains("was interrupted"));
    return vm.get("state").asText() + (told ? ", told that it was interrupted" : "");
  }

  private String bootOf(String vm) {
    return banger
        .succeed("vm", "exec", "-n", vm, "--", "cat", "/proc/sys/kernel/random/boot_id")
        .strip();
  }

  /** Adds a row to the table, if one is wanted. */
  private void tell(Command command, String point, String found, String repeated) {
    if (TABLE.isEmpty()) {
      return;
    }
    rows.add("| %s | `%s` | %s | %s |".formatted(command.verb(), point, found, repeated));
    List<String> lines = new ArrayList<>();
    lines.add("Made on " + LocalDate.now() + ", commit " + commit() + ".");
    lines.add("");
    lines.add("| command | the daemon dies at | the next one makes of it | the command again |");
    lines.add("|---|---|---|---|");
    lines.addAll(rows);
    try {
      Files.write(Path.of(TABLE), lines);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String commit() {
    Outcome commit =
        Running.start(List.of("git", "rev-parse", "--short", "HEAD"), Path.of("/"))
            .await(Duration.ofSeconds(20));
    return commit.status() == 0 ? commit.stdout().strip() : "unknown";
  }

  /** A root file system of one program. */
  private Path archive() throws IOException {
    Path tree = directory.resolve("tree");
    Path bin = Files.createDirectories(tree.resolve("bin"));
    Files.copy(BUSYBOX, bin.resolve("busybox"));
    assertThat(bin.resolve("busybox").toFile().setExecutable(true, false)).isTrue();
    for (String applet : List.of("sh", "cat", "true", "sync", "mount")) {
      Files.createSymbolicLink(bin.resolve(applet), Path.of("busybox"));
    }
    for (String place : List.of("dev", "etc", "proc", "root", "run", "sys", "tmp", "var")) {
      Files.createDirectory(tree.resolve(place));
    }
    Path archive = directory.resolve("tiny.tar");
    Outcome tar =
        Running.start(
                List.of("tar", "-C", tree.toString(), "-cf", archive.toString(), "."), directory)
            .await(Duration.ofMinutes(1));
    assertThat(tar.status()).as("%s", tar).isZero();
    return archive;
  }
}
