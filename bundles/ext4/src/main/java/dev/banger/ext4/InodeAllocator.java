// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import java.util.BitSet;

/** Gives out inode numbers, always the lowest free one. */
final class InodeAllocator {
  private final Geometry geometry;

  /** Bit n is inode n + 1. */
  private final BitSet used = new BitSet();

  private final int[] directories;
  private int usedCount;

  /** No bit below this is clear. */
  private int lowest = Inode.FIRST_FREE - 1;

  InodeAllocator(Geometry geometry) {
    this.geometry = geometry;
    directories = new int[geometry.groups()];
    used.set(0, Inode.FIRST_FREE - 1);
    usedCount = Inode.FIRST_FREE - 1;
    directories[0]++; // the root
  }

  int allocate(boolean directory) throws Ext4Exception {
    int bit = used.nextClearBit(lowest);
    if (bit >= geometry.inodes()) {
      throw new Ext4Exception(
          Ext4Exception.Reason.NO_INODES, "all " + geometry.inodes() + " inodes are in use");
    }
    used.set(bit);
    lowest = bit + 1;
    usedCount++;
    if (directory) {
      directories[bit / geometry.inodesPerGroup()]++;
    }
    return bit + 1;
  }

  void free(int inode, boolean directory) {
    used.clear(inode - 1);
    lowest = Math.min(lowest, inode - 1);
    usedCount--;
    if (directory) {
      directories[(inode - 1) / geometry.inodesPerGroup()]--;
    }
  }

  int freeInodes() {
    return geometry.inodes() - usedCount;
  }

  int directories(int group) {
    return directories[group];
  }

  /** How many inodes at the end of the group's table are not in use. */
  int unusedAtEnd(int group) {
    int start = group * geometry.inodesPerGroup();
    int last = used.previousSetBit(start + geometry.inodesPerGroup() - 1);
    return geometry.inodesPerGroup() - (Math.max(last, start - 1) + 1 - start);
  }

  int freeInodes(int group) {
    int start = group * geometry.inodesPerGroup();
    return geometry.inodesPerGroup()
        - used.get(start, start + geometry.inodesPerGroup()).cardinality();
  }

  /** The group's inode bitmap; bits past its inodes are set, as e2fsck wants them. */
  byte[] bitmap(int group) {
    int start = group * geometry.inodesPerGroup();
    byte[] bitmap = new byte[Geometry.BLOCK_SIZE];
    byte[] bits = used.get(start, start + geometry.inodesPerGroup()).toByteArray();
    System.arraycopy(bits, 0, bitmap, 0, bits.length);
    Bitmap.set(bitmap, geometry.inodesPerGroup(), 8 * Geometry.BLOCK_SIZE);
    return bitmap;
  }
}
