// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;

/** The class path of these tests. */
final class TestClassPath {
  private TestClassPath() {}

  static Stream<Path> entries() {
    return Arrays.stream(System.getProperty("java.class.path").split(":")).map(Path::of);
  }

  /** The jar of an artifact. */
  static Path jar(String artifact) {
    return entries().filter(entry -> is(entry, artifact)).findFirst().orElseThrow();
  }

  /** Whether a jar is a version of an artifact. */
  static boolean is(Path entry, String artifact) {
    return entry.getFileName().toString().matches("\\Q" + artifact + "\\E-[0-9].*\\.jar");
  }
}
