// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * The assembled distribution with a home of its own: runs the commands that a person would type.
 * Its home is short, because the names of Unix sockets are.
 */
final class Installation implements AutoCloseable {
  static final Path DISTRIBUTION = Path.of(System.getProperty("banger.distribution")).normalize();
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path home;
  private final Path distribution;
  private final Map<String, String> environment;

  Installation() {
    this(temporaryHome());
  }

  /** An installation in an empty directory, which is removed at the end. */
  Installation(Path home) {
    this(home, DISTRIBUTION);
  }

  Installation(Path home, Path distribution) {
    this(home, distribution, Map.of());
  }

  /** An installation whose clients, and so the daemons that they start, get more variables. */
  Installation(Path home, Path distribution, Map<String, String> environment) {
    this.home = home;
    this.distribution = distribution;
    this.environment = environment;
  }

  static Path temporaryHome() {
    try {
      return Files.createTempDirectory(Path.of("/tmp"), "banger-it-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path home() {
    return home;
  }

  /** Runs {@code banger} to its end. */
  Outcome banger(String... arguments) {
    return start(arguments).await(Duration.ofMinutes(5));
  }

  /** Runs {@code banger} with something on its standard input. */
  Outcome bangerReading(String input, String... arguments) {
    Running running = start(arguments);
    running.type(input);
    running.endInput();
    return running.await(Duration.ofMinutes(5));
  }

  /** Runs {@code banger}, which must succeed, and gives its standard output. */
  String succeed(String... arguments) {
    Outcome outcome = banger(arguments);
    assertThat(outcome.status()).as(() -> String.join(" ", arguments) + ": " + outcome).isZero();
    return outcome.stdout();
  }

  /** Runs a command with {@code --json} and reads what it printed. */
  JsonNode json(String... arguments) {
    List<String> words = new ArrayList<>(List.of(arguments));
    words.add("--json");
    try {
      return JSON.readTree(succeed(words.toArray(String[]::new)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Running start(String... arguments) {
    List<String> argv = new ArrayList<>();
    argv.add(distribution.resolve("bin/banger").toString());
    argv.addAll(List.of(arguments));
    return Running.start(argv, home, environment);
  }

  /** The daemon's process id, if it runs. */
  Optional<ProcessHandle> daemon() {
    Outcome status = banger("daemon", "status", "--json");
    if (status.status() != 0) {
      return Optional.empty();
    }
    try {
      return ProcessHandle.of(JSON.readTree(status.stdout()).get("pid").asLong());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The processes whose command line names this home: its daemon and its VMMs. */
  List<ProcessHandle> processes() {
    try (Stream<Path> entries = Files.list(Path.of("/proc"))) {
      return entries
          .filter(entry -> entry.getFileName().toString().matches("[0-9]+"))
          .filter(this::namesThisHome)
          .map(entry -> Long.parseLong(entry.getFileName().toString()))
          .filter(pid -> pid != ProcessHandle.current().pid())
          .flatMap(pid -> ProcessHandle.of(pid).stream())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<ProcessHandle> machines() {
    return processes().stream().filter(Installation::isMachine).toList();
  }

  /**
   * Everything that a machine could have left: files below the places where only machines keep
   * files.
   */
  List<Path> machineFiles() {
    List<Path> left = new ArrayList<>();
    for (String place : List.of("state/vms", "run/vm")) {
      Path directory = home.resolve(place);
      if (Files.isDirectory(directory)) {
        try (Stream<Path> files = Files.list(directory)) {
          files.forEach(left::add);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
    return left;
  }

  void assertNoMachineLeft() {
    assertThat(json("vm", "list")).isEmpty();
    assertThat(machines()).isEmpty();
    assertThat(machineFiles()).isEmpty();
  }

  /** What pulls that did not end could have left. */
  List<Path> stagedFiles() {
    List<Path> left = new ArrayList<>();
    for (String place : List.of("state/images", "state/kernels", "cache/initramfs")) {
      Path directory = home.resolve(place);
      if (Files.isDirectory(directory)) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, ".*")) {
          files.forEach(left::add);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
    return left;
  }

  /** Ends the daemon as a crash does. */
  void killDaemon() {
    ProcessHandle daemon = daemon().orElseThrow();
    daemon.destroyForcibly();
    daemon.onExit().join();
  }

  /** Ends all processes at once and loses what lies in memory, as a reboot of the host does. */
  void reboot() {
    for (ProcessHandle process : processes()) {
      process.destroyForcibly();
      process.onExit().join();
    }
    try (Stream<Path> files = Files.walk(home.resolve("run"))) {
      files.sorted(Comparator.reverseOrder()).forEach(Installation::delete);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** When the kernel started a process: field 22 of proc_pid_stat(5). */
  static String startOf(long pid) throws IOException {
    String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
    return stat.substring(stat.lastIndexOf(')') + 2).split(" ")[19];
  }

  /** Writes a file of the installation's own configuration, which counts from the next start on. */
  void configure(String pid, String... lines) {
    try {
      Files.createDirectories(home.resolve("config"));
      Files.write(home.resolve("config").resolve(pid + ".cfg"), List.of(lines));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String log() {
    try {
      return Files.readString(home.resolve("state/log/bangerd.log"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Copies a directory with all that is in it. */
  static void copyTree(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Files.copy(
            file, to.resolve(from.relativize(file).toString()), StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
  }

  static void await(String what, Duration limit, BooleanSupplier condition) {
    Instant deadline = Instant.now().plus(limit);
    while (!condition.getAsBoolean()) {
      assertThat(Instant.now()).as("waiting for " + what).isBefore(deadline);
      Thread.onSpinWait();
      try {
        Thread.sleep(20); // between two looks at the condition
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }

  private boolean namesThisHome(Path process) {
    try {
      String commandLine =
          Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1);
      return commandLine.contains(home + "/") && !commandLine.contains("surefire");
    } catch (IOException e) {
      return false; // it has ended meanwhile
    }
  }

  private static boolean isMachine(ProcessHandle process) {
    try {
      return Files.readString(
              Path.of("/proc/" + process.pid() + "/cmdline"), StandardCharsets.ISO_8859_1)
          .contains("qemu-system");
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() {
    banger("daemon", "stop");
    for (ProcessHandle process : processes()) {
      process.destroyForcibly();
      process.onExit().join();
    }
    try (Stream<Path> files = Files.walk(home)) {
      files.sorted(Comparator.reverseOrder()).forEach(Installation::delete);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
