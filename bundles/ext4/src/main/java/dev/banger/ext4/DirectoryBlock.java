// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import java.nio.ByteBuffer;

/** A block of directory entries. ext4 documentation, "Linear (Classic) Directories". */
final class DirectoryBlock {
  /** struct ext4_dir_entry_tail, made to look like an unused entry. */
  private static final int TAIL_SIZE = 12;

  private static final int TAIL_TYPE = 0xDE;

  /** What entries may take. */
  static final int CAPACITY = Geometry.BLOCK_SIZE - TAIL_SIZE;

  /** The inode number, the entry's and the name's length and the type. */
  private static final int HEADER_SIZE = 8;

  /** The entries "." and ".." together. */
  static final int DOTS_SIZE = 2 * entrySize(1);

  private final ByteBuffer block = ImageFile.newBlocks(1);
  private int used;
  private int last;

  static int entrySize(int nameLength) {
    return HEADER_SIZE + nameLength + 3 & ~3;
  }

  void addDots(int inode, int parent) {
    add(inode, Ext4FileType.DIRECTORY, new byte[] {'.'});
    add(parent, Ext4FileType.DIRECTORY, new byte[] {'.', '.'});
  }

  private void add(int inode, Ext4FileType type, byte[] name) {
    block.put(used + HEADER_SIZE, name);
    addHeader(inode, type, name.length);
  }

  void add(Directory directory, int index) {
    int length = directory.copyName(index, block, used + HEADER_SIZE);
    addHeader(directory.inode(index), directory.type(index), length);
  }

  private void addHeader(int inode, Ext4FileType type, int nameLength) {
    block.putInt(used, inode);
    block.putShort(used + 4, (short) entrySize(nameLength));
    block.put(used + 6, (byte) nameLength);
    block.put(used + 7, (byte) type.directoryCode());
    last = used;
    used += entrySize(nameLength);
  }

  /** Lets the last entry take the rest of the block and appends the checksum. */
  ByteBuffer finish(MetadataChecksum begun) {
    block.putShort(last + 4, (short) (CAPACITY - last));
    block.putShort(CAPACITY + 4, (short) TAIL_SIZE);
    block.put(CAPACITY + 7, (byte) TAIL_TYPE);
    block.putInt(CAPACITY + 8, begun.bytes(block, 0, CAPACITY).value());
    return block;
  }
}
