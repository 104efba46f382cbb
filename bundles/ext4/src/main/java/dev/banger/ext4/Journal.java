// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The journal: an empty log in inode 8. ext4 documentation, "Journal (jbd2)". */
final class Journal {
  /** JBD2_MIN_JOURNAL_BLOCKS of include/linux/jbd2.h. */
  static final int MIN_BLOCKS = 1024;

  /** The most that mke2fs takes. */
  static final int MAX_BLOCKS = 10_240_000;

  private static final int MAGIC = 0xC03B_3998;
  private static final int SUPERBLOCK_V2 = 4;

  private Journal() {}

  /** ext2fs_default_journal_size of e2fsprogs' lib/ext2fs/mkjournal.c. */
  static int defaultBlocks(long fileSystemBlocks) {
    if (fileSystemBlocks < 2048) {
      return 0;
    } else if (fileSystemBlocks < 32768) {
      return MIN_BLOCKS;
    } else if (fileSystemBlocks < 256 * 1024) {
      return 4096;
    } else if (fileSystemBlocks < 512 * 1024) {
      return 8192;
    } else if (fileSystemBlocks < 4096 * 1024) {
      return 16384;
    } else if (fileSystemBlocks < 8192 * 1024) {
      return 32768;
    } else if (fileSystemBlocks < 16384 * 1024) {
      return 65536;
    } else if (fileSystemBlocks < 32768 * 1024) {
      return 131072;
    }
    return 262144;
  }

  /** Lays the log out and completes its inode; all but the log's superblock stays zero. */
  static void write(int blocks, ImageFile image, BlockAllocator allocator, byte[] uuid, Inode inode)
      throws IOException {
    ExtentTree tree = new ExtentTree(image, allocator, uuid, Inode.JOURNAL);
    int done = 0;
    while (done < blocks) {
      BlockAllocator.Run run = allocator.allocate(blocks - done);
      tree.append(done, run.start(), run.length());
      if (done == 0) {
        image.write(run.start(), superblock(blocks, uuid));
      }
      done += run.length();
    }
    tree.finish(inode);
    inode.setSize((long) blocks * Geometry.BLOCK_SIZE);
  }

  private static ByteBuffer superblock(int blocks, byte[] uuid) {
    ByteBuffer block = ImageFile.newBlocks(1).order(ByteOrder.BIG_ENDIAN);
    block.putInt(0x0, MAGIC);
    block.putInt(0x4, SUPERBLOCK_V2);
    block.putInt(0xC, Geometry.BLOCK_SIZE);
    block.putInt(0x10, blocks); // s_maxlen
    block.putInt(0x14, 1); // s_first
    block.putInt(0x18, 1); // s_sequence
    block.put(0x30, uuid);
    block.putInt(0x40, 1); // s_nr_users
    return block;
  }
}
