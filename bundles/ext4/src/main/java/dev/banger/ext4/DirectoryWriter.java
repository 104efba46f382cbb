// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import java.io.IOException;

/** Puts finished directories into the image: one block of entries, or a hashed directory. */
final class DirectoryWriter {
  /** mke2fs gives lost+found 16 KiB, so that e2fsck finds room there without allocating. */
  private static final int LOST_FOUND_BLOCKS = 4;

  private final ImageFile image;
  private final BlockAllocator allocator;
  private final byte[] uuid;
  private final DirectoryHash hash;

  DirectoryWriter(ImageFile image, BlockAllocator allocator, VolumeIdentity identity) {
    this.image = image;
    this.allocator = allocator;
    uuid = identity.uuid();
    hash = identity.directoryHash();
  }

  /** Writes the entries and completes the directory's inode. */
  void write(Directory directory, boolean lostFound, Inode inode) throws IOException {
    int size = DirectoryBlock.DOTS_SIZE;
    int subdirectories = 0;
    for (int i = 0; i < directory.count(); i++) {
      if (directory.isLive(i)) {
        // Past one block only the number of subdirectories is still of interest.
        size =
            Math.min(size, DirectoryBlock.CAPACITY)
                + DirectoryBlock.entrySize(directory.nameLength(i));
        subdirectories += directory.type(i) == Ext4FileType.DIRECTORY ? 1 : 0;
      }
    }
    ExtentTree tree = new ExtentTree(image, allocator, uuid, directory.inode());
    int blocks;
    if (size <= DirectoryBlock.CAPACITY) {
      blocks = lostFound ? LOST_FOUND_BLOCKS : 1;
      writeLinear(directory, blocks, tree);
    } else {
      HtreeIndex index = HtreeIndex.of(directory, hash);
      blocks = index.blocks();
      writeHashed(index, tree);
      inode.addFlag(Inode.INDEX_FLAG);
    }
    tree.finish(inode);
    inode.setSize((long) blocks * Geometry.BLOCK_SIZE);
    // dir_nlink: 1 stands for more than can be counted.
    int links = 2 + subdirectories;
    inode.setLinks(links > Inode.MAX_LINKS ? 1 : links);
  }

  private void writeLinear(Directory directory, int blocks, ExtentTree tree) throws IOException {
    for (int number = 0; number < blocks; number++) {
      DirectoryBlock block = new DirectoryBlock();
      if (number == 0) {
        block.addDots(directory.inode(), directory.parent());
        for (int i = 0; i < directory.count(); i++) {
          if (directory.isLive(i)) {
            block.add(directory, i);
          }
        }
      }
      long address = allocator.allocate();
      tree.append(number, address, 1);
      image.write(address, block.finish(MetadataChecksum.of(uuid, directory.inode())));
    }
  }

  private void writeHashed(HtreeIndex index, ExtentTree tree) throws IOException {
    int done = 0;
    while (done < index.blocks()) {
      BlockAllocator.Run run = allocator.allocate(index.blocks() - done);
      tree.append(done, run.start(), run.length());
      for (int i = 0; i < run.length(); i++) {
        image.write(run.start() + i, index.block(done + i, uuid));
      }
      done += run.length();
    }
  }
}
