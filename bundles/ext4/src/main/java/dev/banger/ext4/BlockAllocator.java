// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

/**
 * Gives out blocks, always the lowest free ones, so that content lies in the order of its writing
 * and freed space is used again first. Bitmaps exist only for groups that were given something.
 */
final class BlockAllocator {
  /** Consecutive blocks. */
  record Run(long start, int length) {}

  private final Geometry geometry;
  private final byte[][] bitmaps;
  private final int[] free;
  private long freeBlocks;

  /** No block below this is free. */
  private long lowest;

  BlockAllocator(Geometry geometry) {
    this.geometry = geometry;
    bitmaps = new byte[geometry.groups()][];
    free = new int[geometry.groups()];
    for (int group = 0; group < free.length; group++) {
      free[group] = geometry.blocksIn(group) - geometry.fixedBlocks(group);
      freeBlocks += free[group];
    }
  }

  long freeBlocks() {
    return freeBlocks;
  }

  int freeBlocks(int group) {
    return free[group];
  }

  /** Whether anything but fixed structures ever lay in the group. */
  boolean isTouched(int group) {
    return bitmaps[group] != null;
  }

  /**
   * Takes the lowest free block and up to {@code wanted} - 1 free ones right behind it.
   *
   * @throws Ext4Exception {@code NO_SPACE} if none is free
   */
  Run allocate(int wanted) throws Ext4Exception {
    for (int group = (int) (lowest / Geometry.BLOCKS_PER_GROUP); group < free.length; group++) {
      if (free[group] > 0) {
        byte[] bitmap = bitmap(group);
        int end = geometry.blocksIn(group);
        int first = (int) Math.max(0, lowest - geometry.firstBlock(group));
        int start = nextFree(bitmap, first, end);
        int stop = start;
        while (stop < end && stop - start < wanted && !Bitmap.isSet(bitmap, stop)) {
          bitmap[stop >> 3] |= (byte) (1 << (stop & 7));
          stop++;
        }
        free[group] -= stop - start;
        freeBlocks -= stop - start;
        lowest = geometry.firstBlock(group) + stop;
        return new Run(geometry.firstBlock(group) + start, stop - start);
      }
    }
    throw new Ext4Exception(
        Ext4Exception.Reason.NO_SPACE,
        "no block left in an image of " + geometry.blocks() * Geometry.BLOCK_SIZE + " bytes");
  }

  long allocate() throws Ext4Exception {
    return allocate(1).start();
  }

  /** Gives blocks back; a run may cross groups. */
  void free(long start, int length) {
    for (long block = start; block < start + length; block++) {
      int group = (int) (block / Geometry.BLOCKS_PER_GROUP);
      int bit = (int) (block % Geometry.BLOCKS_PER_GROUP);
      bitmap(group)[bit >> 3] &= (byte) ~(1 << (bit & 7));
      free[group]++;
    }
    freeBlocks += length;
    lowest = Math.min(lowest, start);
  }

  /** The group's block bitmap; bits past the file system's end are set, as e2fsck wants them. */
  byte[] bitmap(int group) {
    byte[] bitmap = bitmaps[group];
    if (bitmap == null) {
      bitmap = new byte[Geometry.BLOCK_SIZE];
      Bitmap.set(bitmap, 0, geometry.fixedBlocks(group));
      Bitmap.set(bitmap, geometry.blocksIn(group), Geometry.BLOCKS_PER_GROUP);
      bitmaps[group] = bitmap;
    }
    return bitmap;
  }

  private static int nextFree(byte[] bitmap, int from, int end) {
    int bit = from;
    while (bit < end && Bitmap.isSet(bitmap, bit)) {
      bit = (bit & 7) == 0 && bitmap[bit >> 3] == -1 ? bit + 8 : bit + 1;
    }
    return bit;
  }
}
