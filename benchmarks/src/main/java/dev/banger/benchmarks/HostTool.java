// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A program of the host.
 *
 * @param program where it is
 */
record HostTool(Path program) {
  /** A program on the path, or where administrators' programs are. */
  static Optional<HostTool> find(String name) {
    String path = System.getenv().getOrDefault("PATH", "/usr/bin:/bin");
    return Stream.of((path + ":/usr/sbin:/sbin").split(":"))
        .map(directory -> Path.of(directory, name))
        .filter(Files::isExecutable)
        .findFirst()
        .map(HostTool::new);
  }

  /** One that is known to be there. */
  static HostTool require(String name) {
    return find(name).orElseThrow(() -> new IllegalStateException(name + " is not installed"));
  }

  List<String> argv(String... arguments) {
    List<String> argv = new ArrayList<>(List.of(program.toString()));
    argv.addAll(List.of(arguments));
    return argv;
  }

  /** Runs it to its end, which must be a success. Returns its wall time in milliseconds. */
  double run(String... arguments) throws IOException, InterruptedException {
    long begin = System.nanoTime();
    Process process = new ProcessBuilder(argv(arguments)).redirectErrorStream(true).start();
    process.getOutputStream().close();
    byte[] output = process.getInputStream().readAllBytes();
    if (process.waitFor() != 0) {
      throw new IOException(
          String.join(" ", argv(arguments))
              + " failed: "
              + new String(output, StandardCharsets.UTF_8));
    }
    return (System.nanoTime() - begin) / 1e6;
  }
}
