// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.storage;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Makes files and directories that only their owner may enter, and makes them last. */
public final class PrivateFiles {
  /** Makes a file that only its owner may read and write. */
  static final FileAttribute<?> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private static final FileAttribute<?> DIRECTORY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private PrivateFiles() {}

  /**
   * A directory and those above it, made where they are not there.
   *
   * @throws IOException when one cannot be made
   */
  public static Path createDirectories(Path directory) throws IOException {
    return Files.createDirectories(directory, DIRECTORY);
  }

  /**
   * A directory that was not there before.
   *
   * @throws IOException when it cannot be made or is there
   */
  public static Path createDirectory(Path directory) throws IOException {
    return Files.createDirectory(directory, DIRECTORY);
  }

  /**
   * A file that was not there before, open for writing.
   *
   * @throws IOException when it cannot be made or is there
   */
  public static OutputStream create(Path file) throws IOException {
    return Channels.newOutputStream(
        FileChannel.open(
            file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), OWNER_ONLY));
  }

  /**
   * Makes a file that was not there before, with all its content.
   *
   * @throws IOException when it cannot be written or is there
   */
  public static void write(Path file, byte[] content) throws IOException {
    try (OutputStream out = create(file)) {
      out.write(content);
    }
  }

  /**
   * Returns when what a file or directory holds is on the disk.
   *
   * @throws IOException when that cannot be made sure
   */
  public static void sync(Path path) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            path, Files.isDirectory(path) ? StandardOpenOption.READ : StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }
}
