// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.imageservice.storage.Ext4Superblock;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file of the host that shall be a machine's root file system. */
final class RootFileSystem {
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
    try (FileChannel content = FileChannel.open(file)) {
      Ext4Superblock found =
          Ext4Superblock.read(content, 0)
              .orElseThrow(
                  () ->
                      refused(
                          file,
                          "holds no ext4 file system (a disk with partitions is none; \"banger image"
                              + " import\" takes it)"));
      if (found.sizeBytes() > content.size()) {
        throw refused(file, "is cut off: its file system has " + found.sizeBytes() + " bytes");
      }
      return content.size();
    } catch (IOException e) {
      throw refused(file, "cannot be read: " + e.getMessage());
    }
  }

  private static BangerException refused(Path file, String why) {
    return new BangerException(ErrorCode.BAD_REQUEST, "the root file system " + file + " " + why);
  }
}
