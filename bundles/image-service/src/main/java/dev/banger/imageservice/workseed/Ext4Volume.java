// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.workseed;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;

/**
 * A file system of the ext family in a file, to be read. The layout is that of the kernel's
 * Documentation/filesystems/ext4. Checksums are not looked at: what is read is checked for sense
 * instead.
 *
 * <p>Not thread-safe.
 */
final class Ext4Volume {
  static final int ROOT = 2;

  // "Super Block"
  private static final int SUPERBLOCK = 1024;
  private static final int INODES_COUNT = 0x0;
  private static final int BLOCKS_LOW = 0x4;
  private static final int FIRST_DATA_BLOCK = 0x14;
  private static final int LOG_BLOCK_SIZE = 0x18;
  private static final int INODES_PER_GROUP = 0x28;
  private static final int MAGIC_OFFSET = 0x38;
  private static final int REVISION = 0x4C;
  private static final int INODE_SIZE = 0x58;
  private static final int INCOMPATIBLE = 0x60;
  private static final int UUID = 0x68;
  private static final int DESCRIPTOR_SIZE = 0xFE;
  private static final int BLOCKS_HIGH = 0x150;
  private static final short MAGIC = (short) 0xEF53;
  private static final int UUID_LENGTH = 16;

  private static final int RECOVER = 0x4;
  private static final int SIXTY_FOUR_BITS = 0x80;

  /**
   * Features with which directories, inodes and extents lie where this program looks for them:
   * filetype, extent, 64bit, mmp, flex_bg, ea_inode, metadata_csum_seed, large_dir, inline_data,
   * encrypt, casefold. An inode that makes use of one that is not understood is refused by itself.
   */
  private static final int KNOWN =
      0x2
          | 0x40
          | SIXTY_FOUR_BITS
          | 0x100
          | 0x200
          | 0x400
          | 0x2000
          | 0x4000
          | 0x8000
          | 0x10000
          | 0x20000;

  // "Block Group Descriptors"
  private static final int OLD_DESCRIPTOR_SIZE = 32;
  private static final int TABLE_LOW = 0x8;
  private static final int TABLE_HIGH = 0x28;

  /** What revision 0 had. */
  private static final int OLD_INODE_SIZE = 128;

  private final FileChannel file;
  private final int blockSize;
  private final long blocks;
  private final long firstDataBlock;
  private final long inodes;
  private final long inodesPerGroup;
  private final int inodeSize;
  private final int descriptorSize;
  private final byte[] uuid = new byte[UUID_LENGTH];

  private Ext4Volume(FileChannel file, ByteBuffer superblock) throws IOException {
    this.file = file;
    int log = superblock.getInt(LOG_BLOCK_SIZE);
    int incompatible = superblock.getInt(INCOMPATIBLE);
    boolean wide = (incompatible & SIXTY_FOUR_BITS) != 0;
    long high = wide ? Integer.toUnsignedLong(superblock.getInt(BLOCKS_HIGH)) : 0;
    requireKnown(superblock, log, incompatible, high);
    blockSize = 1024 << log;
    blocks = Integer.toUnsignedLong(superblock.getInt(BLOCKS_LOW)) | high << 32;
    firstDataBlock = Integer.toUnsignedLong(superblock.getInt(FIRST_DATA_BLOCK));
    inodes = Integer.toUnsignedLong(superblock.getInt(INODES_COUNT));
    inodesPerGroup = Integer.toUnsignedLong(superblock.getInt(INODES_PER_GROUP));
    inodeSize =
        superblock.getInt(REVISION) == 0
            ? OLD_INODE_SIZE
            : Short.toUnsignedInt(superblock.getShort(INODE_SIZE));
    descriptorSize =
        wide ? Short.toUnsignedInt(superblock.getShort(DESCRIPTOR_SIZE)) : OLD_DESCRIPTOR_SIZE;
    superblock.get(UUID, uuid);
    boolean sound =
        inodesPerGroup > 0
            && inodeSize >= OLD_INODE_SIZE
            && inodeSize <= blockSize
            && Integer.bitCount(inodeSize) == 1
            && descriptorSize >= (wide ? 2 : 1) * OLD_DESCRIPTOR_SIZE
            && descriptorSize <= blockSize;
    if (!sound) {
      throw new UnfitFileSystemException("is damaged: its super block makes no sense");
    }
    if (blocks > file.size() / blockSize) {
      throw new UnfitFileSystemException("is cut off");
    }
  }

  private static void requireKnown(ByteBuffer superblock, int log, int incompatible, long high)
      throws UnfitFileSystemException {
    // Blocks have 1 KiB to 64 KiB, and are counted with 48 bits.
    if (superblock.getShort(MAGIC_OFFSET) != MAGIC || log < 0 || log > 6 || high >> 16 != 0) {
      throw new UnfitFileSystemException("is none of the ext family");
    }
    if ((incompatible & RECOVER) != 0) {
      throw new UnfitFileSystemException(
          "was not unmounted; run \"e2fsck -p\" on the file that the image was made of, and make the"
              + " image anew");
    }
    if ((incompatible & ~KNOWN) != 0) {
      throw new UnfitFileSystemException(
          "has features that are not understood: 0x" + Integer.toHexString(incompatible & ~KNOWN));
    }
  }

  /**
   * Reads what begins a file.
   *
   * @throws UnfitFileSystemException when it is no file system that is understood
   */
  static Ext4Volume open(FileChannel file) throws IOException {
    return new Ext4Volume(file, read(file, SUPERBLOCK, SUPERBLOCK));
  }

  int blockSize() {
    return blockSize;
  }

  /** No less than all that it can hold, and no more than its file has. */
  long sizeBytes() {
    return blocks * blockSize;
  }

  /** What tells it from other file systems. */
  byte[] uuid() {
    return uuid.clone();
  }

  /** The inode of a number. */
  Ext4Node node(long number) throws IOException {
    if (number < 1 || number > inodes) {
      throw new UnfitFileSystemException("is damaged: it has no inode " + number);
    }
    long group = (number - 1) / inodesPerGroup;
    ByteBuffer descriptor =
        read(file, (firstDataBlock + 1) * blockSize + group * descriptorSize, descriptorSize);
    long table = Integer.toUnsignedLong(descriptor.getInt(TABLE_LOW));
    if (descriptorSize > OLD_DESCRIPTOR_SIZE) {
      table |= Integer.toUnsignedLong(descriptor.getInt(TABLE_HIGH)) << 32;
    }
    requireBlock(table);
    long offset = table * blockSize + (number - 1) % inodesPerGroup * inodeSize;
    return Ext4Node.parse(this, number, read(file, offset, inodeSize));
  }

  /** A whole block. */
  ByteBuffer block(long number) throws IOException {
    requireBlock(number);
    return read(file, number * blockSize, blockSize);
  }

  /**
   * Bytes of a run.
   *
   * @param target filled from the offset on
   */
  void read(long position, byte[] target, int offset, int length) throws IOException {
    readFully(file, position, ByteBuffer.wrap(target, offset, length));
  }

  /** Refuses what lies outside, and block 0, which never holds what a file has. */
  void requireBlock(long number) throws UnfitFileSystemException {
    if (number <= 0 || number >= blocks) {
      throw new UnfitFileSystemException("is damaged: it has no block " + number);
    }
  }

  private static ByteBuffer read(FileChannel file, long position, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    readFully(file, position, bytes);
    return bytes.flip();
  }

  private static void readFully(FileChannel file, long position, ByteBuffer bytes)
      throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      int count = file.read(bytes, at);
      if (count < 0) {
        throw new UnfitFileSystemException("is cut off");
      }
      at += count;
    }
  }
}
