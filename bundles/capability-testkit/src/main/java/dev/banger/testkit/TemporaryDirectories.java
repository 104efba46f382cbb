// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.testkit;

import dev.banger.host.BangerDirectories;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The directories of an installation below one of a test's.
 *
 * @param configuration its configuration
 * @param state its state
 * @param cache its cache
 * @param run its sockets
 */
public record TemporaryDirectories(Path configuration, Path state, Path cache, Path run)
    implements BangerDirectories {
  /**
   * Makes them, closed to others as the real ones are.
   *
   * @param parent a directory that is there
   */
  public static TemporaryDirectories in(Path parent) throws IOException {
    return new TemporaryDirectories(
        make(parent.resolve("conf")),
        make(parent.resolve("state")),
        make(parent.resolve("cache")),
        make(parent.resolve("run")));
  }

  private static Path make(Path directory) throws IOException {
    return Files.createDirectory(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }
}
