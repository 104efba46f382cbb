// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The Javas of this host. */
final class JavaHome {
  /** Where the packages of Debian and of Adoptium lie. */
  private static final Path INSTALLED = Path.of("/usr/lib/jvm");

  private JavaHome() {}

  /** One of a feature version: the one that runs the tests, else an installed one. */
  static Optional<Path> ofVersion(int feature) {
    if (Runtime.version().feature() == feature) {
      return Optional.of(Path.of(System.getProperty("java.home")));
    }
    if (!Files.isDirectory(INSTALLED)) {
      return Optional.empty();
    }
    try (Stream<Path> homes = Files.list(INSTALLED)) {
      List<Path> fitting =
          homes
              .filter(home -> Files.isExecutable(home.resolve("bin/java")))
              .filter(home -> isOfVersion(home, feature))
              .sorted()
              .toList();
      return fitting.stream().findFirst();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isOfVersion(Path home, int feature) {
    try {
      return Files.readAllLines(home.resolve("release")).stream()
          .anyMatch(line -> line.matches("JAVA_VERSION=\"" + feature + "[.\"].*"));
    } catch (IOException e) {
      return false;
    }
  }
}
