// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** The file system without its names: inodes, their blocks, and what describes the whole. */
final class Volume implements Closeable {
  private final Ext4Options options;
  private final Geometry geometry;
  private final VolumeIdentity identity;
  private final Superblock superblock;
  private final BlockAllocator blocks;
  private final InodeAllocator inodes;
  private final ImageFile image;
  private final InodeTable table;
  private final XattrPlacement xattrs;
  private final FileContent content;

  private Volume(Path file, Ext4Options options) throws IOException {
    this.options = options;
    geometry = Geometry.of(options);
    identity = VolumeIdentity.of(options.seed());
    superblock = new Superblock(options, geometry, identity);
    blocks = new BlockAllocator(geometry);
    inodes = new InodeAllocator(geometry);
    image = ImageFile.create(file, options.sizeBytes());
    table = new InodeTable(geometry, image, identity.uuid());
    xattrs = new XattrPlacement(image, blocks, identity.uuid());
    content = new FileContent(image, blocks, options.zeroBlocksAsHoles());
  }

  /** Makes the image with the inodes that no name leads to. */
  static Volume create(Path file, Ext4Options options) throws IOException {
    Volume volume = new Volume(file, options);
    try {
      volume.writeHiddenInodes();
      return volume;
    } catch (IOException | RuntimeException e) {
      volume.close();
      throw e;
    }
  }

  private void writeHiddenInodes() throws IOException {
    Ext4Metadata hidden = Ext4Metadata.of(0600, 0, 0, options.timestamp());
    if (geometry.reservedDescriptorBlocks() > 0) {
      Inode resize = Inode.create(Ext4FileType.FILE, hidden);
      ResizeInode.write(geometry, image, blocks, resize);
      table.write(Inode.RESIZE, resize);
    }
    int journalBlocks = options.journalBlocks(geometry.blocks());
    if (journalBlocks > 0) {
      Inode journal = Inode.create(Ext4FileType.FILE, hidden);
      Journal.write(journalBlocks, image, blocks, identity.uuid(), journal);
      table.write(Inode.JOURNAL, journal);
      superblock.setJournal(journal);
    }
  }

  long freeBytes() {
    return blocks.freeBlocks() * Geometry.BLOCK_SIZE;
  }

  /** Makes an inode that is not in the table yet, with its extended attributes in place. */
  Inode newInode(Ext4Path path, Ext4FileType type, Ext4Metadata metadata) throws IOException {
    Inode inode = Inode.create(type, metadata);
    xattrs.store(path, Xattr.ofAll(path, type, metadata.xattrs()), inode);
    return inode;
  }

  int allocate(Ext4FileType type) throws Ext4Exception {
    return inodes.allocate(type == Ext4FileType.DIRECTORY);
  }

  Inode read(int number) throws IOException {
    return table.read(number);
  }

  void write(int number, Inode inode) throws IOException {
    table.write(number, inode);
  }

  /** Puts a directory's new inode in the place of its old one. */
  void replace(int number, Inode inode) throws IOException {
    freeXattrs(table.read(number));
    table.write(number, inode);
  }

  /** Stores a file's data and maps it in the inode. */
  void storeContent(
      Ext4Path path, List<DataRange> ranges, InputStream data, int number, Inode inode)
      throws IOException {
    ExtentTree extents = new ExtentTree(image, blocks, identity.uuid(), number);
    content.write(path, ranges, data, extents);
    extents.finish(inode);
  }

  /** Stores a symbolic link's target, in the inode itself if it is short. */
  void storeTarget(byte[] target, int number, Inode inode) throws IOException {
    if (target.length < Inode.BLOCK_AREA) {
      inode.blockArea().put(target);
    } else {
      ExtentTree extents = new ExtentTree(image, blocks, identity.uuid(), number);
      long block = blocks.allocate();
      extents.append(0, block, 1);
      image.write(block, Arrays.copyOf(target, Geometry.BLOCK_SIZE));
      extents.finish(inode);
    }
    inode.setSize(target.length);
  }

  byte[] readTarget(Inode inode) throws IOException {
    byte[] target = new byte[(int) inode.size()];
    if (inode.hasExtents()) {
      ExtentTree.BlockVisitor copy =
          (start, length) -> System.arraycopy(image.read(start), 0, target, 0, target.length);
      ExtentTree.visit(inode, image, copy, (node, one) -> {});
    } else {
      inode.blockArea().get(target);
    }
    return target;
  }

  /** Takes a name from an inode and, if it was the last, frees it and its blocks. */
  void unlink(int number, Ext4FileType type) throws IOException {
    Inode inode = table.read(number);
    boolean directory = type == Ext4FileType.DIRECTORY;
    if (!directory && inode.links() > 1) {
      inode.setLinks(inode.links() - 1);
      table.write(number, inode);
      return;
    }
    // A directory has no blocks before the end.
    if (!directory && inode.hasExtents()) {
      ExtentTree.visit(inode, image, blocks::free, blocks::free);
    }
    freeXattrs(inode);
    table.clear(number);
    inodes.free(number, directory);
  }

  private void freeXattrs(Inode inode) {
    if (inode.xattrBlock() != 0) {
      blocks.free(inode.xattrBlock(), 1);
    }
  }

  /** Writes the directories and all that describes the whole, the superblock last. */
  void finish(DirectoryTree tree) throws IOException {
    DirectoryWriter writer = new DirectoryWriter(image, blocks, identity);
    for (int number : tree.inodes()) {
      Inode inode = table.read(number);
      writer.write(tree.get(number), number == tree.lostFound(), inode);
      table.write(number, inode);
    }
    table.flush();
    ByteBuffer descriptors =
        new GroupDescriptors(geometry, blocks, inodes, identity.uuid()).write(image);
    superblock.setFree(blocks.freeBlocks(), inodes.freeInodes());
    for (int group = geometry.groups() - 1; group >= 0; group--) {
      if (geometry.hasSuperblock(group)) {
        image.write(geometry.firstBlock(group) + 1, descriptors);
        image.write(geometry.firstBlock(group), superblock.block(group));
      }
    }
    if (options.sync()) {
      image.force();
    }
  }

  @Override
  public void close() throws IOException {
    image.close();
  }
}
