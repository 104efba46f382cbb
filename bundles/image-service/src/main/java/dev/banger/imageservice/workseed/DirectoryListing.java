// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.workseed;

import dev.banger.imageservice.layers.LayerLimits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads a directory's entries: kernel's Documentation/filesystems/ext4, "Linear (Classic)
 * Directories", which hashed ones look like.
 */
final class DirectoryListing {
  private static final int HEADER = 8;

  /** In blocks of 64 KiB, whose length has no number of 16 bits. */
  private static final int WHOLE_BLOCK = 0xFFFF;

  private DirectoryListing() {}

  /**
   * Inode numbers by name, in the order of the disk, without the directory itself and its parent.
   */
  static Map<ByteBuffer, Long> read(Ext4Node directory) throws IOException {
    Map<ByteBuffer, Long> entries = new LinkedHashMap<>();
    Ext4Volume volume = directory.volume();
    byte[] block = new byte[volume.blockSize()];
    if (directory.size() % block.length != 0) {
      throw damaged(directory);
    }
    for (BlockRun run : directory.runs()) {
      for (long at = 0; at < run.length(); at += block.length) {
        volume.read(run.position() + at, block, 0, block.length);
        addBlock(directory, ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN), entries);
      }
    }
    return entries;
  }

  private static void addBlock(Ext4Node directory, ByteBuffer block, Map<ByteBuffer, Long> entries)
      throws UnfitFileSystemException {
    if (entries.size() > LayerLimits.DEFAULT.entries()) {
      throw new UnfitFileSystemException("has a directory with too many files");
    }
    int length;
    for (int at = 0; at < block.capacity(); at += length) {
      int left = block.capacity() - at;
      length = left < HEADER ? 0 : Short.toUnsignedInt(block.getShort(at + 4));
      if (length == WHOLE_BLOCK || (length == 0 && left == WHOLE_BLOCK + 1)) {
        length = WHOLE_BLOCK + 1;
      }
      int nameLength = left < HEADER ? 0 : Byte.toUnsignedInt(block.get(at + 6));
      if (length < HEADER || length > left || length % 4 != 0 || HEADER + nameLength > length) {
        throw damaged(directory);
      }
      byte[] name = new byte[nameLength];
      block.get(at + HEADER, name);
      long inode = Integer.toUnsignedLong(block.getInt(at));
      if (inode != 0 && !isDots(name)) {
        entries.putIfAbsent(ByteBuffer.wrap(name), inode);
      }
    }
  }

  private static boolean isDots(byte[] name) {
    return name.length >= 1 && name.length <= 2 && name[0] == '.' && name[name.length - 1] == '.';
  }

  private static UnfitFileSystemException damaged(Ext4Node directory) {
    return new UnfitFileSystemException(
        "is damaged: the directory of inode " + directory.number() + " makes no sense");
  }
}
