// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The group descriptors and the bitmaps they describe. ext4 documentation, "Block Group
 * Descriptors".
 */
final class GroupDescriptors {
  private static final int INODE_UNINIT = 0x1;
  private static final int BLOCK_UNINIT = 0x2;

  /** The file reads as zeros, so no kernel needs to fill inode tables in. */
  private static final int INODE_ZEROED = 0x4;

  private static final int CHECKSUM_OFFSET = 0x1E;

  private final Geometry geometry;
  private final BlockAllocator blocks;
  private final InodeAllocator inodes;
  private final byte[] uuid;

  GroupDescriptors(Geometry geometry, BlockAllocator blocks, InodeAllocator inodes, byte[] uuid) {
    this.geometry = geometry;
    this.blocks = blocks;
    this.inodes = inodes;
    this.uuid = uuid;
  }

  /** Writes the bitmaps in use and returns the blocks of descriptors. */
  ByteBuffer write(ImageFile image) throws IOException {
    ByteBuffer table = ImageFile.newBlocks(geometry.descriptorBlocks());
    for (int group = 0; group < geometry.groups(); group++) {
      int offset = group * Geometry.DESCRIPTOR_SIZE;
      ByteBuffer descriptor = table.slice(offset, Geometry.DESCRIPTOR_SIZE).order(table.order());
      describe(group, descriptor, image);
      // The checksum counts its own place as zeros.
      MetadataChecksum checksum = MetadataChecksum.of(uuid).int32(group);
      checksum.bytes(table, offset, Geometry.DESCRIPTOR_SIZE);
      descriptor.putShort(CHECKSUM_OFFSET, (short) checksum.value());
    }
    return table;
  }

  private void describe(int group, ByteBuffer descriptor, ImageFile image) throws IOException {
    putSplit(descriptor, 0x0, 0x20, geometry.blockBitmap(group));
    putSplit(descriptor, 0x4, 0x24, geometry.inodeBitmap(group));
    putSplit(descriptor, 0x8, 0x28, geometry.inodeTable(group));
    putHalves(descriptor, 0xC, 0x2C, blocks.freeBlocks(group));
    putHalves(descriptor, 0xE, 0x2E, inodes.freeInodes(group));
    putHalves(descriptor, 0x10, 0x30, inodes.directories(group));
    putHalves(descriptor, 0x1C, 0x32, inodes.unusedAtEnd(group)); // bg_itable_unused
    int flags = INODE_ZEROED;
    // The kernel derives such a bitmap from the group's own superblock and descriptors only.
    boolean derivable =
        !geometry.isFlexLeader(group) && group < geometry.groups() - 1 && !blocks.isTouched(group);
    if (derivable) {
      flags |= BLOCK_UNINIT;
    } else {
      byte[] bitmap = blocks.bitmap(group);
      image.write(geometry.blockBitmap(group), bitmap);
      putHalves(descriptor, 0x18, 0x38, checksum(bitmap, Geometry.BLOCKS_PER_GROUP / 8));
    }
    if (inodes.unusedAtEnd(group) == geometry.inodesPerGroup()) {
      flags |= INODE_UNINIT;
    } else {
      byte[] bitmap = inodes.bitmap(group);
      image.write(geometry.inodeBitmap(group), bitmap);
      putHalves(descriptor, 0x1A, 0x3A, checksum(bitmap, geometry.inodesPerGroup() / 8));
    }
    descriptor.putShort(0x12, (short) flags);
  }

  private int checksum(byte[] bitmap, int length) {
    return MetadataChecksum.of(uuid).bytes(bitmap, 0, length).value();
  }

  private static void putSplit(ByteBuffer descriptor, int low, int high, long value) {
    descriptor.putInt(low, (int) value);
    descriptor.putInt(high, (int) (value >>> 32));
  }

  private static void putHalves(ByteBuffer descriptor, int low, int high, int value) {
    descriptor.putShort(low, (short) value);
    descriptor.putShort(high, (short) (value >>> 16));
  }
}
