// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Puts an inode's extended attributes into the inode's own space and, when that is full, into one
 * block beside it. ext4 documentation, "Extended Attributes".
 */
final class XattrPlacement {
  private static final int MAGIC = 0xEA02_0000;

  /** struct ext4_xattr_ibody_header: the magic number only. */
  private static final int INLINE_HEADER_SIZE = 4;

  /** struct ext4_xattr_header. */
  private static final int BLOCK_HEADER_SIZE = 32;

  private static final int CHECKSUM_OFFSET = 16;

  /** Four zero bytes end the list of entries. */
  private static final int TERMINATOR_SIZE = 4;

  private final ImageFile image;
  private final BlockAllocator allocator;
  private final byte[] uuid;

  XattrPlacement(ImageFile image, BlockAllocator allocator, byte[] uuid) {
    this.image = image;
    this.allocator = allocator;
    this.uuid = uuid;
  }

  void store(Ext4Path path, List<Xattr> xattrs, Inode inode) throws IOException {
    ByteBuffer area = inode.xattrArea();
    List<Xattr> inline = new ArrayList<>();
    List<Xattr> outside = new ArrayList<>();
    int left = area.capacity() - INLINE_HEADER_SIZE - TERMINATOR_SIZE;
    int blockLeft = Geometry.BLOCK_SIZE - BLOCK_HEADER_SIZE - TERMINATOR_SIZE;
    for (Xattr xattr : xattrs) {
      int size = xattr.entrySize() + xattr.valueSize();
      if (size <= left) {
        inline.add(xattr);
        left -= size;
      } else {
        outside.add(xattr);
        blockLeft -= size;
        if (blockLeft < 0) {
          throw new Ext4Exception(
              Ext4Exception.Reason.XATTRS_TOO_LARGE,
              path + ": the extended attributes need more than the inode and one block");
        }
      }
    }
    if (!inline.isEmpty()) {
      area.putInt(0, MAGIC);
      Xattr.store(inline, area, INLINE_HEADER_SIZE, INLINE_HEADER_SIZE);
    }
    if (!outside.isEmpty()) {
      inode.setXattrBlock(writeBlock(outside));
    }
  }

  private long writeBlock(List<Xattr> xattrs) throws IOException {
    ByteBuffer block = ImageFile.newBlocks(1);
    block.putInt(0, MAGIC);
    block.putInt(4, 1); // h_refcount
    block.putInt(8, 1); // h_blocks
    block.putInt(12, Xattr.store(xattrs, block, BLOCK_HEADER_SIZE, 0));
    long address = allocator.allocate();
    MetadataChecksum checksum = MetadataChecksum.of(uuid).int64(address);
    block.putInt(CHECKSUM_OFFSET, checksum.bytes(block, 0, block.capacity()).value());
    image.write(address, block);
    return address;
  }
}
