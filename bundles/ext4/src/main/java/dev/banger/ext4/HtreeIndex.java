// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The plan of a hashed directory: which entries go to which leaf, and the index blocks above. Block
 * 0 is the root, then come interior nodes if there are any, then the leaves in the order of their
 * hashes. ext4 documentation, "Hash Tree Directories".
 */
final class HtreeIndex {
  private static final int ENTRY_SIZE = 8;

  /** struct dx_tail: a reserved word and the checksum. */
  private static final int TAIL_SIZE = 8;

  /** In the root the entries come after "." and ".." and struct dx_root_info. */
  private static final int ROOT_OFFSET = DirectoryBlock.DOTS_SIZE + 8;

  /** In a node they come after an entry that looks like an unused block. */
  private static final int NODE_OFFSET = 8;

  private static final int ROOT_LIMIT =
      (Geometry.BLOCK_SIZE - ROOT_OFFSET - TAIL_SIZE) / ENTRY_SIZE;
  private static final int NODE_LIMIT =
      (Geometry.BLOCK_SIZE - NODE_OFFSET - TAIL_SIZE) / ENTRY_SIZE;

  /** e2fsck leaves 20 % free when it rebuilds directories, so that the next names find room. */
  private static final int LEAF_FILL = DirectoryBlock.CAPACITY * 4 / 5;

  private static final int NODE_FILL = NODE_LIMIT * 4 / 5;

  private final Directory directory;

  /** The hash shifted right by one in the upper half, the entry's index in the lower. */
  private final long[] sorted;

  /** For each leaf the position of its first entry in {@code sorted}, then the end. */
  private final int[] leafStarts;

  private final int leaves;
  private final int nodes;
  private final int perNode;

  private HtreeIndex(Directory directory, long[] sorted, int[] leafStarts, int leaves)
      throws Ext4Exception {
    this.directory = directory;
    this.sorted = sorted;
    this.leafStarts = leafStarts;
    this.leaves = leaves;
    if (leaves <= ROOT_LIMIT) {
      perNode = 0;
      nodes = 0;
    } else {
      perNode = Math.max(NODE_FILL, (leaves + ROOT_LIMIT - 1) / ROOT_LIMIT);
      nodes = (leaves + perNode - 1) / perNode;
    }
    if (perNode > NODE_LIMIT) {
      throw new Ext4Exception(
          Ext4Exception.Reason.DIRECTORY_TOO_LARGE,
          "a directory of " + directory.live() + " entries is more than its index can address");
    }
  }

  static HtreeIndex of(Directory directory, DirectoryHash hash) throws Ext4Exception {
    long[] sorted = new long[directory.live()];
    int count = 0;
    for (int i = 0; i < directory.count(); i++) {
      if (directory.isLive(i)) {
        sorted[count++] = (long) (directory.hashOf(i, hash) >>> 1) << 32 | i;
      }
    }
    Arrays.sort(sorted);
    int[] starts = new int[16];
    int leaves = 0;
    int used = LEAF_FILL;
    for (int i = 0; i < count; i++) {
      int size = DirectoryBlock.entrySize(directory.nameLength((int) sorted[i]));
      if (used + size > LEAF_FILL) {
        if (leaves + 1 == starts.length) {
          starts = Arrays.copyOf(starts, 2 * starts.length);
        }
        starts[leaves++] = i;
        used = 0;
      }
      used += size;
    }
    starts[leaves] = count;
    return new HtreeIndex(directory, sorted, starts, leaves);
  }

  /** The number of blocks of the directory. */
  int blocks() {
    return 1 + nodes + leaves;
  }

  /** Makes one block. */
  ByteBuffer block(int number, byte[] uuid) {
    MetadataChecksum begun = MetadataChecksum.of(uuid, directory.inode());
    if (number == 0) {
      return root(begun);
    }
    return number <= nodes ? node(number - 1, begun) : leaf(number - 1 - nodes, begun);
  }

  private ByteBuffer root(MetadataChecksum begun) {
    DirectoryBlock dots = new DirectoryBlock();
    dots.addDots(directory.inode(), directory.parent());
    ByteBuffer block = ImageFile.newBlocks(1);
    block.put(0, dots.finish(MetadataChecksum.bare()), 0, DirectoryBlock.DOTS_SIZE);
    // ".." covers all the index, for those who do not know about it.
    int dotSize = DirectoryBlock.entrySize(1);
    block.putShort(dotSize + 4, (short) (Geometry.BLOCK_SIZE - dotSize));
    block.put(DirectoryBlock.DOTS_SIZE + 4, (byte) DirectoryHash.VERSION);
    block.put(DirectoryBlock.DOTS_SIZE + 5, (byte) (ROOT_OFFSET - DirectoryBlock.DOTS_SIZE));
    block.put(DirectoryBlock.DOTS_SIZE + 6, (byte) (nodes > 0 ? 1 : 0));
    if (nodes > 0) {
      for (int i = 0; i < nodes; i++) {
        putEntry(block, ROOT_OFFSET, i, i * perNode, 1 + i);
      }
      return finish(block, ROOT_OFFSET, ROOT_LIMIT, nodes, begun);
    }
    for (int i = 0; i < leaves; i++) {
      putEntry(block, ROOT_OFFSET, i, i, 1 + i);
    }
    return finish(block, ROOT_OFFSET, ROOT_LIMIT, leaves, begun);
  }

  private ByteBuffer node(int node, MetadataChecksum begun) {
    ByteBuffer block = ImageFile.newBlocks(1);
    block.putShort(4, (short) Geometry.BLOCK_SIZE);
    int first = node * perNode;
    int count = Math.min(perNode, leaves - first);
    for (int i = 0; i < count; i++) {
      putEntry(block, NODE_OFFSET, i, first + i, 1 + nodes + first + i);
    }
    return finish(block, NODE_OFFSET, NODE_LIMIT, count, begun);
  }

  /** The first entry of a block has no hash: its place holds the limit and the count. */
  private void putEntry(ByteBuffer block, int offset, int slot, int leaf, int target) {
    if (slot > 0) {
      block.putInt(offset + ENTRY_SIZE * slot, firstHash(leaf));
    }
    block.putInt(offset + ENTRY_SIZE * slot + 4, target);
  }

  /** A leaf's lowest hash; the lowest bit says that the leaf before has names of the same one. */
  private int firstHash(int leaf) {
    int start = leafStarts[leaf];
    int hash = (int) (sorted[start] >>> 32);
    boolean continued = start > 0 && (int) (sorted[start - 1] >>> 32) == hash;
    return hash << 1 | (continued ? 1 : 0);
  }

  private static ByteBuffer finish(
      ByteBuffer block, int offset, int limit, int count, MetadataChecksum begun) {
    block.putShort(offset, (short) limit);
    block.putShort(offset + 2, (short) count);
    // ext4_dx_csum: the entries in use, the tail's reserved word and zeros for the checksum.
    begun.bytes(block, 0, offset + ENTRY_SIZE * count).int32(0).int32(0);
    block.putInt(offset + ENTRY_SIZE * limit + 4, begun.value());
    return block;
  }

  private ByteBuffer leaf(int leaf, MetadataChecksum begun) {
    DirectoryBlock block = new DirectoryBlock();
    for (int i = leafStarts[leaf]; i < leafStarts[leaf + 1]; i++) {
      block.add(directory, (int) sorted[i]);
    }
    return block.finish(begun);
  }
}
