// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Inode 7, which owns the blocks kept for more group descriptors, so that the file system can grow
 * while mounted. Its doubly indirect block names the blocks kept in group 0, each of which names
 * its copies in the groups that have a superblock. ext2fs_create_resize_inode of e2fsprogs'
 * lib/ext2fs/res_gdt.c.
 */
final class ResizeInode {
  /** EXT4_DIND_BLOCK: after 12 direct pointers and an indirect one. */
  private static final int DOUBLY_INDIRECT = 13;

  private ResizeInode() {}

  static void write(Geometry geometry, ImageFile image, BlockAllocator allocator, Inode inode)
      throws IOException {
    ByteBuffer pointers = ImageFile.newBlocks(1);
    long counted = 1;
    for (int i = 0; i < geometry.reservedDescriptorBlocks(); i++) {
      int slot = geometry.descriptorBlocks() + i;
      int block = 1 + slot;
      pointers.putInt(4 * slot, block);
      counted++;
      ByteBuffer copies = ImageFile.newBlocks(1);
      for (int group = 1; group < geometry.groups(); group++) {
        if (geometry.hasSuperblock(group)) {
          copies.putInt((int) (geometry.firstBlock(group) + block));
          counted++;
        }
      }
      if (copies.position() > 0) {
        image.write(block, copies);
      }
    }
    long address = allocator.allocate();
    image.write(address, pointers);
    inode.blockArea().putInt(4 * DOUBLY_INDIRECT, (int) address);
    inode.addBlocks(counted);
    long perBlock = Geometry.POINTERS_PER_BLOCK;
    // As much as direct, indirect and doubly indirect pointers reach, though most of it is holes.
    inode.setSize((12 + perBlock + perBlock * perBlock) * Geometry.BLOCK_SIZE);
  }
}
