// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file of the host that shall be a machine's root file system. */
final class RootFileSystem {
  // Documentation/filesystems/ext4 of the kernel: the super block and its magic number.
  private static final long MAGIC_OFFSET = 1024 + 0x38;
  private static final int MAGIC = 0xef53;

  private RootFileSystem() {}

  /**
   * The size of a root file system, in bytes.
   *
   * @throws BangerException BAD_REQUEST when it is none; NOT_FOUND
   */
  static long requireSize(Path file) {
    if (file == null || !file.isAbsolute()) {
      throw refused(file, "is not an absolute path");
    }
    if (!Files.exists(file)) {
      throw new BangerException(ErrorCode.NOT_FOUND, "there is no file " + file);
    }
    if (!Files.isRegularFile(file)) {
      throw refused(file, "is not a file");
    }
    try (RandomAccessFile content = new RandomAccessFile(file.toFile(), "r")) {
      content.seek(MAGIC_OFFSET);
      int magic = content.read() | content.read() << 8;
      if (magic != MAGIC) {
        throw refused(file, "holds no ext4 file system (a disk with partitions is none)");
      }
      return content.length();
    } catch (EOFException e) {
      throw refused(file, "is too short for a file system");
    } catch (IOException e) {
      throw refused(file, "cannot be read: " + e.getMessage());
    }
  }

  private static BangerException refused(Path file, String why) {
    return new BangerException(ErrorCode.BAD_REQUEST, "the root file system " + file + " " + why);
  }
}
