// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An installation of its own, used through its client. */
final class Home implements AutoCloseable {
  private static final Pattern PID = Pattern.compile("\"pid\"\\s*:\\s*(\\d+)");
  private static final Pattern PART =
      Pattern.compile("\"name\"\\s*:\\s*\"(dev\\.banger\\.[a-z-]+)\"");

  /** What docs/plugins.md says to be replaced only while no daemon runs. */
  private static final Set<String> FIXED = Set.of("dev.banger.core-model", "dev.banger.plugins");

  private static final Duration FOLLOW_LIMIT = Duration.ofMinutes(1);

  private final Path distribution;
  private final Path directory;

  Home(Path distribution, Path directory) {
    this.distribution = distribution;
    this.directory = directory;
  }

  Path directory() {
    return directory;
  }

  /**
   * The same home with a copy of the distribution, which may be changed; no daemon runs.
   *
   * @param copy a directory that is not there
   */
  Home withOwnDistribution(Path copy) throws IOException, InterruptedException {
    HostTool.require("cp").run("-a", distribution.toString(), copy.toString());
    Home own = new Home(copy, directory);
    own.makeClassArchive();
    return own;
  }

  /** Where plugins are put. */
  Path bundles() {
    return distribution.resolve("bundles");
  }

  Path socket() {
    return directory.resolve("run/bangerd.sock");
  }

  /** The parts of banger that can be replaced while the daemon runs. */
  List<String> updatableBundles() throws IOException, InterruptedException {
    return PART.matcher(output("plugin", "list", "--all", "--json"))
        .results()
        .map(found -> found.group(1))
        .filter(name -> !FIXED.contains(name))
        .toList();
  }

  /** The archive tells the place of what it was made of. */
  private void makeClassArchive() throws IOException, InterruptedException {
    Files.deleteIfExists(distribution.resolve("lib/bangerd.jsa"));
    ProcessBuilder builder =
        builder(
            List.of(
                distribution.resolve("bin/bangerd").toString(), "-Dbanger.stopWhenStarted=true"));
    builder.environment().put("BANGER_MAKE_ARCHIVE", "1");
    Process process = builder.redirectErrorStream(true).redirectOutput(messages(0)).start();
    process.getOutputStream().close();
    if (process.waitFor() != 0) {
      throw new IllegalStateException(
          "no class archive: " + Files.readString(messages(0).toPath()));
    }
  }

  /** Runs a command, which must succeed. Returns its wall time in milliseconds. */
  double banger(String... arguments) throws IOException, InterruptedException {
    return atOnce(List.of(List.of(arguments)));
  }

  /**
   * Runs commands at once, which must succeed. Returns the wall time to the end of the last in
   * milliseconds.
   */
  double atOnce(List<List<String>> commands) throws IOException, InterruptedException {
    long begin = System.nanoTime();
    List<Process> processes = new ArrayList<>();
    for (List<String> command : commands) {
      processes.add(silent(client(command.toArray(String[]::new)), messages(processes.size())));
    }
    for (Process process : processes) {
      process.waitFor();
    }
    double millis = (System.nanoTime() - begin) / 1e6;
    for (int i = 0; i < commands.size(); i++) {
      if (processes.get(i).exitValue() != 0) {
        throw new IllegalStateException(
            "banger %s: %s"
                .formatted(
                    String.join(" ", commands.get(i)), Files.readString(messages(i).toPath())));
      }
    }
    return millis;
  }

  /**
   * Starts the daemon, which does not run. Returns the milliseconds until its socket takes
   * connections.
   */
  double daemonStart() throws IOException, InterruptedException {
    long begin = System.nanoTime();
    silent(List.of(distribution.resolve("bin/bangerd").toString()), messages(0));
    while (true) {
      try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket()))) {
        return (System.nanoTime() - begin) / 1e6;
      } catch (IOException e) {
        Thread.sleep(1);
      }
    }
  }

  /** The memory of the daemon, which runs. */
  DaemonMemory daemonMemory() throws IOException, InterruptedException {
    return new DaemonMemory(daemonPid());
  }

  /** The process id of the daemon, which runs. */
  long daemonPid() throws IOException, InterruptedException {
    String status = output("daemon", "status", "--json");
    Matcher pid = PID.matcher(status);
    if (!pid.find()) {
      throw new IllegalStateException("no daemon runs: " + status);
    }
    return Long.parseLong(pid.group(1));
  }

  /** Runs a command to its end. Returns what it printed. */
  String output(String... arguments) throws IOException, InterruptedException {
    Process process = builder(client(arguments)).redirectError(messages(0)).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }

  /**
   * Runs a command that prints lines until it is ended, which is as soon as enough of them came, or
   * when that takes a minute.
   *
   * @return the lines
   */
  List<String> follow(int count, Pattern wanted, String... arguments) throws IOException {
    Process process = builder(client(arguments)).redirectError(messages(0)).start();
    List<String> lines = firstLines(count, wanted, process);
    process.destroy();
    if (lines.size() < count) {
      throw new IllegalStateException(
          "banger %s: %d of %d lines: %s"
              .formatted(
                  String.join(" ", arguments),
                  lines.size(),
                  count,
                  Files.readString(messages(0).toPath())));
    }
    return lines;
  }

  /** Starts a command whose lines are waited for. */
  FollowedCommand follow(String... arguments) throws IOException {
    return new FollowedCommand(
        builder(client(arguments))
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectError(messages(0))
            .start());
  }

  private static List<String> firstLines(int count, Pattern wanted, Process process)
      throws IOException {
    CompletableFuture.delayedExecutor(FOLLOW_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
        .execute(process::destroy);
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      return lines.lines().filter(line -> wanted.matcher(line).find()).limit(count).toList();
    }
  }

  /** Waits, at most a minute, until a plugin is known to be there. */
  void awaitPlugin(String name) throws IOException, InterruptedException {
    long end = System.nanoTime() + FOLLOW_LIMIT.toNanos();
    while (!output("plugin", "list", "--json").contains(name)) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException("the plugin " + name + " does not come");
      }
      Thread.sleep(100);
    }
  }

  private List<String> client(String... arguments) {
    List<String> argv = new ArrayList<>(List.of(distribution.resolve("bin/banger").toString()));
    argv.addAll(List.of(arguments));
    return argv;
  }

  /** Where a command says what went wrong. */
  private File messages(int command) {
    return directory.resolveSibling("messages-" + command).toFile();
  }

  private Process silent(List<String> argv, File messages) throws IOException {
    return builder(argv)
        .redirectInput(Path.of("/dev/null").toFile())
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(messages)
        .start();
  }

  private ProcessBuilder builder(List<String> argv) {
    ProcessBuilder builder = new ProcessBuilder(argv);
    builder.environment().put("BANGER_HOME", directory.toString());
    return builder;
  }

  @Override
  public void close() throws IOException, InterruptedException {
    banger("daemon", "stop");
  }
}
