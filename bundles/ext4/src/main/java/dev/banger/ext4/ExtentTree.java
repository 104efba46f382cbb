// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The extent tree of one inode, built from left to right: a node goes to the image as soon as it is
 * full, so a file of any size needs a few nodes of memory. ext4 documentation, "Extent Tree".
 */
final class ExtentTree {
  /** The largest file: block numbers within it have 32 bits, and the last one means "none". */
  static final long MAX_BLOCKS = 0xFFFF_FFFEL;

  private static final short MAGIC = (short) 0xF30A;
  private static final int RECORD_SIZE = 12;
  private static final int ROOT_RECORDS = Inode.BLOCK_AREA / RECORD_SIZE - 1;

  /** After the header and these, four bytes remain for the checksum. */
  private static final int NODE_RECORDS = Geometry.BLOCK_SIZE / RECORD_SIZE - 1;

  private static final int CHECKSUM_OFFSET = RECORD_SIZE * (NODE_RECORDS + 1);

  /** EXT_INIT_MAX_LEN of fs/ext4/ext4_extents.h. */
  private static final int MAX_EXTENT_LENGTH = 0x8000;

  /** Is told of the blocks of a file. */
  interface BlockVisitor {
    void visit(long start, int length) throws IOException;
  }

  /** The node being filled at one level; level 0 has the extents. */
  private final class Level {
    private final int depth;
    private final ByteBuffer node = ImageFile.newBlocks(1);
    private int records;
    private long firstLogical;

    Level(int depth) {
      this.depth = depth;
    }

    /** Adds a record and returns its position. */
    int add(long logical) throws IOException {
      if (records == NODE_RECORDS) {
        store();
      }
      if (records == 0) {
        firstLogical = logical;
      }
      records++;
      int position = RECORD_SIZE * records;
      node.putInt(position, (int) logical);
      return position;
    }

    /** Writes the node to a block of its own and names it in the level above. */
    void store() throws IOException {
      if (depth + 1 == levels.size()) {
        levels.add(new Level(depth + 1));
      }
      long block = allocator.allocate();
      nodes++;
      putHeader(node, NODE_RECORDS);
      int checksum = MetadataChecksum.of(uuid, inode).bytes(node, 0, CHECKSUM_OFFSET).value();
      node.putInt(CHECKSUM_OFFSET, checksum);
      image.write(block, node);
      node.clear().put(new byte[Geometry.BLOCK_SIZE]).clear();
      records = 0;
      Level above = levels.get(depth + 1);
      int position = above.add(firstLogical);
      above.node.putInt(position + 4, (int) block);
      above.node.putShort(position + 8, (short) (block >>> 32));
    }

    private void putHeader(ByteBuffer target, int most) {
      target.putShort(0, MAGIC);
      target.putShort(2, (short) records);
      target.putShort(4, (short) most);
      target.putShort(6, (short) depth);
    }

    void copyToRoot(ByteBuffer root) {
      root.put(0, node, 0, Inode.BLOCK_AREA);
      putHeader(root, ROOT_RECORDS);
    }
  }

  private final ImageFile image;
  private final BlockAllocator allocator;
  private final byte[] uuid;
  private final int inode;
  private final List<Level> levels = new ArrayList<>();
  private long nodes;
  private long dataBlocks;

  // The extent that the next blocks may still lengthen.
  private long logical;
  private long physical;
  private int length;

  ExtentTree(ImageFile image, BlockAllocator allocator, byte[] uuid, int inode) {
    this.image = image;
    this.allocator = allocator;
    this.uuid = uuid;
    this.inode = inode;
    levels.add(new Level(0));
  }

  /** Maps blocks of the file, which come in ascending order, to blocks of the image. */
  void append(long fileBlock, long block, int count) throws IOException {
    dataBlocks += count;
    long from = fileBlock;
    long to = block;
    int left = count;
    while (left > 0) {
      boolean adjoins = length > 0 && logical + length == from && physical + length == to;
      if (!adjoins || length == MAX_EXTENT_LENGTH) {
        endExtent();
        logical = from;
        physical = to;
      }
      int taken = Math.min(left, MAX_EXTENT_LENGTH - length);
      length += taken;
      from += taken;
      to += taken;
      left -= taken;
    }
  }

  private void endExtent() throws IOException {
    if (length > 0) {
      Level leaf = levels.get(0);
      int position = leaf.add(logical);
      leaf.node.putShort(position + 4, (short) length);
      leaf.node.putShort(position + 6, (short) (physical >>> 32));
      leaf.node.putInt(position + 8, (int) physical);
      length = 0;
    }
  }

  /** Ends the tree, puts its root into the inode and counts the blocks there. */
  void finish(Inode owner) throws IOException {
    endExtent();
    int top = 0;
    while (top + 1 < levels.size() || levels.get(top).records > ROOT_RECORDS) {
      levels.get(top).store();
      top++;
    }
    levels.get(top).copyToRoot(owner.blockArea());
    owner.addFlag(Inode.EXTENTS_FLAG);
    owner.addBlocks(dataBlocks + nodes);
  }

  /** Visits the content's blocks in order, and each node's own block after what it refers to. */
  static void visit(Inode owner, ImageFile image, BlockVisitor content, BlockVisitor nodes)
      throws IOException {
    visit(owner.blockArea(), image, content, nodes);
  }

  private static void visit(
      ByteBuffer node, ImageFile image, BlockVisitor content, BlockVisitor nodes)
      throws IOException {
    int records = node.getShort(2);
    int depth = node.getShort(6);
    for (int i = 1; i <= records; i++) {
      int position = RECORD_SIZE * i;
      if (depth == 0) {
        long start =
            (node.getShort(position + 6) & 0xFFFFL) << 32
                | (node.getInt(position + 8) & 0xFFFF_FFFFL);
        content.visit(start, node.getShort(position + 4) & 0xFFFF);
      } else {
        long child =
            (node.getShort(position + 8) & 0xFFFFL) << 32
                | (node.getInt(position + 4) & 0xFFFF_FFFFL);
        ByteBuffer below = ByteBuffer.wrap(image.read(child)).order(node.order());
        visit(below, image, content, nodes);
        nodes.visit(child, 1);
      }
    }
  }
}
