// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * A directory that goes, with all that is in it, when it is closed.
 *
 * @param path where it is
 */
record TemporaryDirectory(Path path) implements AutoCloseable {
  /** A new one; its path is short, because sockets lie in it. */
  static TemporaryDirectory create() throws IOException {
    return new TemporaryDirectory(Files.createTempDirectory(Path.of("/tmp"), "banger-bench-"));
  }

  @Override
  public void close() throws IOException {
    remove(path);
  }

  /** Removes a file or a directory with all that is in it, when it is there. */
  static void remove(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
