// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.workseed;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Collects where an inode's content is: kernel's Documentation/filesystems/ext4, "The Contents of
 * inode.i_block". It must ascend, so that no block of the map is gone through twice.
 */
final class BlockMap {
  private static final short EXTENT_MAGIC = (short) 0xF30A;
  private static final int EXTENT_LENGTH = 12;
  private static final int MAX_DEPTH = 5;

  /** A longer extent is one that is allocated and reads as zeros. */
  private static final int MAX_WRITTEN = 1 << 15;

  private static final int DIRECT_BLOCKS = 12;
  private static final int INDIRECT_LEVELS = 3;

  /** Beyond what the most fragmented file has; a bound of memory. */
  private static final int MOST_RUNS = 1 << 20;

  private final Ext4Volume volume;
  private final long size;
  private final int blockSize;
  private final List<BlockRun> runs = new ArrayList<>();
  private long next;
  private long mapped;

  /**
   * @param size of the content in bytes; what is mapped beyond is left out
   */
  BlockMap(Ext4Volume volume, long size) throws UnfitFileSystemException {
    // 2^32 blocks are the most that either map has words for.
    if (size < 0 || size > volume.blockSize() * (1L << 32)) {
      throw damaged();
    }
    this.volume = volume;
    this.size = size;
    blockSize = volume.blockSize();
  }

  List<BlockRun> runs() {
    return runs;
  }

  /** "Extent Tree". */
  void addExtents(ByteBuffer root) throws IOException {
    int depth = Short.toUnsignedInt(root.getShort(6));
    if (depth > MAX_DEPTH) {
      throw damaged();
    }
    addExtents(root, depth, true);
  }

  private void addExtents(ByteBuffer node, int depth, boolean root) throws IOException {
    int entries = Short.toUnsignedInt(node.getShort(2));
    boolean sound =
        node.getShort(0) == EXTENT_MAGIC
            && Short.toUnsignedInt(node.getShort(6)) == depth
            && (entries + 1) * EXTENT_LENGTH <= node.capacity()
            // Else hostile indexes could lead to one empty node without end.
            && (root || entries > 0);
    if (!sound) {
      throw damaged();
    }
    for (int at = EXTENT_LENGTH; at < (entries + 1) * EXTENT_LENGTH; at += EXTENT_LENGTH) {
      if (depth == 0) {
        addExtent(node, at);
      } else {
        long child =
            Integer.toUnsignedLong(node.getInt(at + 4))
                | Short.toUnsignedLong(node.getShort(at + 8)) << 32;
        addExtents(volume.block(child), depth - 1, false);
      }
    }
  }

  private void addExtent(ByteBuffer node, int at) throws UnfitFileSystemException {
    long logical = Integer.toUnsignedLong(node.getInt(at));
    int length = Short.toUnsignedInt(node.getShort(at + 4));
    long physical =
        Short.toUnsignedLong(node.getShort(at + 6)) << 32
            | Integer.toUnsignedLong(node.getInt(at + 8));
    if (length > MAX_WRITTEN) {
      skip(logical, length - MAX_WRITTEN);
    } else {
      add(logical, physical, length);
    }
  }

  /** "Direct/Indirect Block Addressing". */
  void addIndirect(ByteBuffer map) throws IOException {
    for (int i = 0; i < DIRECT_BLOCKS; i++) {
      addBlock(i, map.getInt(i * Integer.BYTES));
    }
    long logical = DIRECT_BLOCKS;
    long covered = 1;
    for (int level = 1; level <= INDIRECT_LEVELS; level++) {
      covered *= blockSize / Integer.BYTES;
      addIndirect(logical, map.getInt((DIRECT_BLOCKS + level - 1) * Integer.BYTES), covered);
      logical += covered;
    }
  }

  /**
   * @param covered how many blocks of content the block of the map is about
   */
  private void addIndirect(long logical, int block, long covered) throws IOException {
    if (block == 0 || logical * blockSize >= size) {
      return;
    }
    if (covered == 1) {
      addBlock(logical, block);
      return;
    }
    ByteBuffer pointers = volume.block(Integer.toUnsignedLong(block));
    long each = covered / (blockSize / Integer.BYTES);
    int before = runs.size();
    long nextBefore = next;
    for (int i = 0; i < blockSize / Integer.BYTES; i++) {
      addIndirect(logical + i * each, pointers.getInt(i * Integer.BYTES), each);
    }
    if (runs.size() == before && next == nextBefore && logical * blockSize < size) {
      // Else hostile ones could lead to one empty block without end.
      throw damaged();
    }
  }

  private void addBlock(long logical, int block) throws UnfitFileSystemException {
    if (block != 0 && logical * blockSize < size) {
      add(logical, Integer.toUnsignedLong(block), 1);
    }
  }

  private void skip(long logical, int length) throws UnfitFileSystemException {
    if (length < 1 || logical < next) {
      throw damaged();
    }
    next = logical + length;
  }

  private void add(long logical, long physical, int length) throws UnfitFileSystemException {
    skip(logical, length);
    mapped += (long) length * blockSize;
    if (mapped > volume.sizeBytes()) {
      // Blocks that stand in a map many times.
      throw damaged();
    }
    volume.requireBlock(physical);
    volume.requireBlock(physical + length - 1);
    long offset = logical * blockSize;
    if (offset >= size) {
      return;
    }
    long bytes = Math.min((long) length * blockSize, size - offset);
    BlockRun last = runs.isEmpty() ? null : runs.get(runs.size() - 1);
    if (last != null
        && last.end() == offset
        && last.position() + last.length() == physical * blockSize) {
      runs.set(
          runs.size() - 1, new BlockRun(last.offset(), last.position(), last.length() + bytes));
    } else if (runs.size() < MOST_RUNS) {
      runs.add(new BlockRun(offset, physical * blockSize, bytes));
    } else {
      throw new UnfitFileSystemException("has a file in /root in too many pieces");
    }
  }

  private static UnfitFileSystemException damaged() {
    return new UnfitFileSystemException("is damaged: a file's map of blocks makes no sense");
  }
}
