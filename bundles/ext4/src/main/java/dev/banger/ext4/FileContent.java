// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;

/** Streams the content of files to newly allocated blocks. */
final class FileContent {
  /** One write's worth: large enough that system calls do not count, small beside the heap. */
  private static final int CHUNK = 1 << 20;

  private static final byte[] ZEROS = new byte[Geometry.BLOCK_SIZE];

  private final ImageFile image;
  private final BlockAllocator allocator;
  private final boolean zeroBlocksAsHoles;
  private final byte[] buffer = new byte[CHUNK];

  FileContent(ImageFile image, BlockAllocator allocator, boolean zeroBlocksAsHoles) {
    this.image = image;
    this.allocator = allocator;
    this.zeroBlocksAsHoles = zeroBlocksAsHoles;
  }

  /**
   * Writes the ranges' data.
   *
   * @param ranges in ascending order, none empty, none overlapping
   * @param data the ranges' bytes one after the other
   */
  void write(Ext4Path path, List<DataRange> ranges, InputStream data, ExtentTree tree)
      throws IOException {
    int next = 0;
    long at = ranges.isEmpty() ? 0 : ranges.get(0).offset();
    while (next < ranges.size()) {
      long chunkStart = at / Geometry.BLOCK_SIZE * Geometry.BLOCK_SIZE;
      int filled = 0;
      // A chunk goes on over gaps inside a block and ends at a gap of a whole block.
      while (next < ranges.size()
          && at - chunkStart < CHUNK
          && (at - chunkStart) / Geometry.BLOCK_SIZE * Geometry.BLOCK_SIZE <= wholeBlocks(filled)) {
        int start = (int) (at - chunkStart);
        Arrays.fill(buffer, filled, start, (byte) 0);
        int wanted = (int) Math.min(ranges.get(next).end() - at, CHUNK - start);
        int count = data.readNBytes(buffer, start, wanted);
        if (count < wanted) {
          throw new Ext4Exception(
              Ext4Exception.Reason.TRUNCATED_CONTENT,
              path + ": the content ends at byte " + (at + count) + ", before its size");
        }
        filled = start + wanted;
        at += wanted;
        if (at == ranges.get(next).end()) {
          next++;
          at = next < ranges.size() ? ranges.get(next).offset() : at;
        }
      }
      Arrays.fill(buffer, filled, wholeBlocks(filled), (byte) 0);
      store(chunkStart / Geometry.BLOCK_SIZE, wholeBlocks(filled) / Geometry.BLOCK_SIZE, tree);
    }
  }

  private static int wholeBlocks(int bytes) {
    return (bytes + Geometry.BLOCK_SIZE - 1) / Geometry.BLOCK_SIZE * Geometry.BLOCK_SIZE;
  }

  private void store(long fileBlock, int blocks, ExtentTree tree) throws IOException {
    int block = 0;
    while (block < blocks) {
      if (isHole(block)) {
        block++;
        continue;
      }
      int end = block + 1;
      while (end < blocks && !isHole(end)) {
        end++;
      }
      while (block < end) {
        BlockAllocator.Run run = allocator.allocate(end - block);
        tree.append(fileBlock + block, run.start(), run.length());
        image.write(
            run.start(), buffer, block * Geometry.BLOCK_SIZE, run.length() * Geometry.BLOCK_SIZE);
        block += run.length();
      }
    }
  }

  private boolean isHole(int block) {
    int start = block * Geometry.BLOCK_SIZE;
    return zeroBlocksAsHoles
        && Arrays.equals(buffer, start, start + Geometry.BLOCK_SIZE, ZEROS, 0, Geometry.BLOCK_SIZE);
  }
}
