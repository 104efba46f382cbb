// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The directory of bundles for other OSGi hosts, as the build makes it. */
final class Repository {
  static final Path DIRECTORY = Path.of(System.getProperty("banger.repository")).normalize();

  private Repository() {}

  static Path features() {
    return DIRECTORY.resolve("features.xml");
  }

  static Path index() {
    return DIRECTORY.resolve("index.xml");
  }

  /** All bundles in it. */
  static List<Path> bundles() {
    try (Stream<Path> files = Files.walk(DIRECTORY)) {
      return files.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One of banger's own bundles, by its artifact. */
  static Path bundle(String artifact) {
    Path folder = DIRECTORY.resolve("dev/banger").resolve(artifact);
    return bundles().stream().filter(file -> file.startsWith(folder)).findFirst().orElseThrow();
  }
}
