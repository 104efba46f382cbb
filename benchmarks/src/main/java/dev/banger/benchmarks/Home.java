// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** An installation of its own, used through its client. */
final class Home implements AutoCloseable {
  private static final Pattern PID = Pattern.compile("\"pid\"\\s*:\\s*(\\d+)");
  private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s*(\\d+) kB");

  private final Path distribution;
  private final Path directory;

  Home(Path distribution, Path directory) {
    this.distribution = distribution;
    this.directory = directory;
  }

  Path directory() {
    return directory;
  }

  /** Runs a command, which must succeed. Returns its wall time in milliseconds. */
  double banger(String... arguments) throws IOException, InterruptedException {
    List<String> argv = new ArrayList<>(List.of(distribution.resolve("bin/banger").toString()));
    argv.addAll(List.of(arguments));
    long begin = System.nanoTime();
    Process process =
        builder(argv)
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    int status = process.waitFor();
    double millis = (System.nanoTime() - begin) / 1e6;
    if (status != 0) {
      throw new IllegalStateException(String.join(" ", argv) + " ended with status " + status);
    }
    return millis;
  }

  /**
   * Starts the daemon, which does not run. Returns the milliseconds until its socket takes
   * connections.
   */
  double daemonStart() throws IOException, InterruptedException {
    Path socket = directory.resolve("run/bangerd.sock");
    long begin = System.nanoTime();
    builder(List.of(distribution.resolve("bin/bangerd").toString()))
        .redirectInput(Path.of("/dev/null").toFile())
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
    while (true) {
      try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
        return (System.nanoTime() - begin) / 1e6;
      } catch (IOException e) {
        Thread.sleep(1);
      }
    }
  }

  double daemonMemoryMib() throws IOException, InterruptedException {
    Process process =
        builder(
                List.of(
                    distribution.resolve("bin/banger").toString(), "daemon", "status", "--json"))
            .start();
    String status = new String(process.getInputStream().readAllBytes());
    process.waitFor();
    Matcher pid = PID.matcher(status);
    if (!pid.find()) {
      throw new IllegalStateException("no daemon runs: " + status);
    }
    Matcher resident = RESIDENT.matcher(Files.readString(Path.of("/proc", pid.group(1), "status")));
    if (!resident.find()) {
      throw new IllegalStateException("the daemon has ended");
    }
    return Long.parseLong(resident.group(1)) / 1024.0;
  }

  private ProcessBuilder builder(List<String> argv) {
    ProcessBuilder builder = new ProcessBuilder(argv);
    builder.environment().put("BANGER_HOME", directory.toString());
    return builder;
  }

  @Override
  public void close() throws IOException, InterruptedException {
    banger("daemon", "stop");
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
