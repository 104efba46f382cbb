// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The installation of the kill matrix: image and kernel are made once and kept aside, a bystander
 * runs all the time, and the daemon can be told to die or to wait at a point.
 */
final class MatrixHome implements AutoCloseable {
  static final String IMAGE = "tiny";

  /** The machine that the operations are for. */
  static final String SUBJECT = "subject";

  private static final String BYSTANDER = "bystander";
  private static final Duration COMMAND = Duration.ofMinutes(3);

  /** Comes last among the ids: when it is gone, the reconciliation has seen the rest. */
  private static final String SENTINEL = "ffffffffffff";

  private final Path directory;
  private final Path faults;
  private final Path template;
  private final Path home = Installation.temporaryHome();
  private Installation banger;
  private String boot;
  private long bystander;

  /**
   * Makes the installation.
   *
   * @param directory for what is kept beside it
   */
  MatrixHome(Path directory) throws IOException {
    this.directory = directory;
    this.faults = Files.createDirectory(directory.resolve("faults"));
    this.template = directory.resolve("template");
    banger = installation();
    banger.succeed("image", "import", BusyboxImage.archive(directory).toString(), "--name", IMAGE);
    // Its kernel is made when the first machine needs it.
    assertThat(start("create", "--no-start", "--image", IMAGE, "--name", SUBJECT).status())
        .isZero();
    banger.succeed("vm", "delete", SUBJECT);
    banger.succeed("daemon", "stop");
    copy(home, template);
    startBystander();
  }

  private Installation installation() {
    return new Installation(
        home,
        Installation.DISTRIBUTION,
        Map.of("JAVA_TOOL_OPTIONS", "-Ddev.banger.faults=" + faults));
  }

  private Outcome start(String... words) {
    List<String> all = new ArrayList<>(List.of("vm"));
    all.addAll(List.of(words));
    return banger.start(all.toArray(String[]::new)).await(Duration.ofMinutes(12));
  }

  private void startBystander() {
    Outcome run = start("run", "-d", "--image", IMAGE, "--memory", "128M", "--name", BYSTANDER);
    assertThat(run.status()).as("%s", run).isZero();
    boot = bootOf(BYSTANDER);
    bystander = banger.machines().get(0).pid();
  }

  /** After a failure: the installation as it was in the beginning. */
  void renew() throws IOException {
    banger.close();
    copy(template, home);
    banger = installation();
    startBystander();
  }

  private void copy(Path from, Path to) {
    Outcome copied =
        Running.start(
                List.of("cp", "-a", "--reflink=auto", "--sparse=always", from + "/.", to + "/"),
                directory)
            .await(Duration.ofMinutes(2));
    assertThat(copied.status()).as("%s", copied).isZero();
  }

  /** Brings the subject into the state in which an operation finds it. */
  void prepare(MatrixOperation operation) throws IOException {
    disarm();
    boolean running = subject().path("state").asText().equals("running");
    if (running && operation.given() == MatrixOperation.Given.RUNNING) {
      return;
    }
    removeSubject();
    if (operation.given() != MatrixOperation.Given.NO_MACHINE) {
      succeed(MatrixOperation.CREATE);
    }
    if (operation.given() == MatrixOperation.Given.RUNNING
        || operation.given() == MatrixOperation.Given.ENDED) {
      succeed(MatrixOperation.START);
    }
    if (operation.given() == MatrixOperation.Given.ENDED) {
      succeed(MatrixOperation.KILL);
    }
  }

  void removeSubject() {
    if (!subject().isMissingNode()) {
      banger.succeed("vm", "delete", SUBJECT);
    }
  }

  private void succeed(MatrixOperation operation) {
    Outcome outcome = run(operation);
    assertThat(outcome.status()).as("%s", outcome).isZero();
  }

  Outcome run(MatrixOperation operation) {
    return begin(operation).await(COMMAND);
  }

  Running begin(MatrixOperation operation) {
    List<String> words = new ArrayList<>(List.of("vm"));
    words.addAll(operation.words());
    return banger.start(words.toArray(String[]::new));
  }

  /** Runs an operation undisturbed and tells which points it reaches, in their order. */
  List<String> points(MatrixOperation operation) throws IOException {
    prepare(operation);
    Path trace = Files.createFile(faults.resolve("trace"));
    succeed(operation);
    Set<String> reached = new LinkedHashSet<>(Files.readAllLines(trace));
    Files.delete(trace);
    assertThat(reached).as("the points of %s", operation).isNotEmpty();
    return List.copyOf(reached);
  }

  /** Lets the daemon die at a point. */
  void haltAt(String point) throws IOException {
    Files.writeString(faults.resolve("halt"), point);
  }

  /** Lets the daemon wait at a point. */
  void holdAt(String point) throws IOException {
    Files.writeString(faults.resolve("hold"), point);
  }

  void awaitHeld(Running command) {
    Installation.await(
        "the daemon at the point",
        Duration.ofSeconds(60),
        () -> Files.exists(faults.resolve("held")) || !command.process().isAlive());
    assertThat(faults.resolve("held")).as("the daemon waits at the point").exists();
  }

  void release() throws IOException {
    Files.delete(faults.resolve("held"));
  }

  private void disarm() throws IOException {
    for (String file : List.of("halt", "halted", "hold", "held", "trace")) {
      Files.deleteIfExists(faults.resolve(file));
    }
  }

  void awaitDeathOfDaemon() {
    assertThat(faults.resolve("halted")).as("the point was reached").exists();
    Installation.await(
        "the end of the daemon",
        Duration.ofSeconds(60),
        () -> banger.processes().size() == banger.machines().size());
  }

  /** The VMMs that are not the bystander's. */
  List<ProcessHandle> vmms() {
    return banger.machines().stream().filter(vmm -> vmm.pid() != bystander).toList();
  }

  /** Kills the agent from within its guest, and returns when it is dead. */
  void killAgent() {
    Path console = Path.of(subject().at("/files/console_log").asText());
    Running killing =
        banger.start(
            "vm",
            "exec",
            "-n",
            SUBJECT,
            "--",
            "sh",
            "-c",
            "kill -9 $PPID; echo the agent is dead >/dev/console");
    Installation.await(
        "the death of the agent",
        Duration.ofSeconds(60),
        () -> {
          try {
            return Files.readString(console).contains("the agent is dead");
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    killing.signal("KILL"); // nobody answers it any more
    killing.await(Duration.ofSeconds(60));
  }

  /** How many commands the daemon has ended so far. */
  long commandsEnded() {
    return banger.log().lines().filter(line -> line.contains("Request command.run took")).count();
  }

  /** Starts the next daemon, if there is none, and waits until it has reconciled. */
  void recover() throws IOException {
    Path sentinel = Files.createDirectory(home.resolve("state/vms").resolve(SENTINEL));
    banger.succeed("vm", "list");
    Installation.await("the reconciliation", Duration.ofSeconds(60), () -> !Files.exists(sentinel));
  }

  void killDaemon() {
    banger.killDaemon();
  }

  /** Rows, processes and files tell the same story, and the bystander was not touched. */
  void assertConsistent() throws IOException {
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
    assertThat(names).doesNotHaveDuplicates().contains(BYSTANDER).isSubsetOf(BYSTANDER, SUBJECT);
    assertThat(bootOf(BYSTANDER)).as("the bystander's boot").isEqualTo(boot);
    assertThat(banger.machines()).as("VMMs").hasSameSizeAs(running);
    assertThat(commandLines()).as("the daemon and the VMMs").hasSize(running.size() + 1);
    assertThat(names("run/vm")).isEqualTo(running);
    assertThat(ids).containsAll(names("state/vms"));
    for (String id : names("state/vms")) {
      Set<String> files = names("state/vms/" + id);
      assertThat(files.contains("handles.json"))
          .as("handles of %s", id)
          .isEqualTo(running.contains(id));
      assertThat(files).doesNotContain("starting");
    }
    assertThat(knownHosts()).isSubsetOf(ids);
  }

  private List<String> commandLines() {
    return banger.processes().stream()
        .map(process -> process.pid() + " " + process.info().commandLine().orElse("?"))
        .toList();
  }

  private Set<String> names(String place) throws IOException {
    Set<String> names = new TreeSet<>();
    Path at = home.resolve(place);
    if (Files.isDirectory(at)) {
      try (Stream<Path> files = Files.list(at)) {
        files.forEach(file -> names.add(file.getFileName().toString()));
      }
    }
    return names;
  }

  private List<String> knownHosts() throws IOException {
    return Files.readAllLines(home.resolve("state/ssh/known_hosts")).stream()
        .map(line -> line.substring("banger-".length(), line.indexOf(' ')))
        .toList();
  }

  /** The rows and the names of all files of machines. */
  List<String> snapshot() throws IOException {
    List<String> all = new ArrayList<>();
    for (JsonNode vm : banger.json("vm", "list")) {
      all.add(vm.toString());
    }
    for (String place : List.of("state/vms", "run/vm")) {
      try (Stream<Path> files = Files.walk(home.resolve(place))) {
        files.map(file -> home.relativize(file).toString()).sorted().forEach(all::add);
      }
    }
    return all;
  }

  /** The record of the subject, missing when there is none. */
  JsonNode subject() {
    for (JsonNode vm : banger.json("vm", "list")) {
      if (vm.get("name").asText().equals(SUBJECT)) {
        return vm;
      }
    }
    return MissingNode.getInstance();
  }

  /** Which boot of a machine's guest answers. */
  String bootOf(String vm) {
    return banger
        .succeed("vm", "exec", "-n", vm, "--", "cat", "/proc/sys/kernel/random/boot_id")
        .strip();
  }

  @Override
  public void close() {
    banger.close();
  }
}
