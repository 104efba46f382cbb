// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * What a file system of the ext family says of itself: Documentation/filesystems/ext4 of the
 * kernel, "Super Block".
 *
 * @param sizeBytes the size that it was made for
 * @param label its name, or empty
 */
public record Ext4Superblock(long sizeBytes, String label) {
  private static final int OFFSET = 1024;
  private static final int LENGTH = 1024;
  private static final int BLOCKS_LOW = 0x04;
  private static final int LOG_BLOCK_SIZE = 0x18;
  private static final int MAGIC_OFFSET = 0x38;
  private static final short MAGIC = (short) 0xef53;
  private static final int INCOMPATIBLE = 0x60;
  private static final int JOURNAL_DEVICE = 0x8;
  private static final int SIXTY_FOUR_BITS = 0x80;
  private static final int LABEL = 0x78;
  private static final int LABEL_LENGTH = 16;
  private static final int BLOCKS_HIGH = 0x150;
  // Blocks have 1 KiB to 64 KiB.
  private static final int LARGEST_LOG = 6;

  /**
   * Reads the super block of what begins at an offset of a file.
   *
   * @return nothing when no file system is there, or one that claims more than 2^62 bytes
   * @throws IOException when the file cannot be read
   */
  public static Optional<Ext4Superblock> read(FileChannel file, long start) throws IOException {
    ByteBuffer block = ByteBuffer.allocate(LENGTH).order(ByteOrder.LITTLE_ENDIAN);
    while (block.hasRemaining()) {
      if (file.read(block, start + OFFSET + block.position()) < 0) {
        return Optional.empty();
      }
    }
    int log = block.getInt(LOG_BLOCK_SIZE);
    int incompatible = block.getInt(INCOMPATIBLE);
    if (block.getShort(MAGIC_OFFSET) != MAGIC
        || log < 0
        || log > LARGEST_LOG
        || (incompatible & JOURNAL_DEVICE) != 0) {
      return Optional.empty();
    }
    long blocks = Integer.toUnsignedLong(block.getInt(BLOCKS_LOW));
    if ((incompatible & SIXTY_FOUR_BITS) != 0) {
      blocks |= (long) block.getInt(BLOCKS_HIGH) << 32;
    }
    int shift = 10 + log;
    return blocks <= 0 || blocks > (1L << 62) >> shift
        ? Optional.empty()
        : Optional.of(new Ext4Superblock(blocks << shift, label(block)));
  }

  private static String label(ByteBuffer block) {
    byte[] name = new byte[LABEL_LENGTH];
    block.get(LABEL, name);
    String text = new String(name, StandardCharsets.ISO_8859_1);
    int end = text.indexOf('\0');
    return end < 0 ? text : text.substring(0, end);
  }
}
