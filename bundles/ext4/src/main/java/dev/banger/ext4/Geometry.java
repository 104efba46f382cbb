// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

/**
 * Where the fixed structures of the file system lie.
 *
 * <p>A group that has a superblock begins with it, the group descriptors and the blocks kept for
 * more descriptors; the first group of each flex_bg then holds the bitmaps and inode tables of all
 * its groups. So in each group the fixed structures are one run from its first block. ext4
 * documentation, "Layout" and "Flexible Block Groups".
 */
final class Geometry {
  static final int BLOCK_SIZE = 4096;

  /** One block of bitmap; also what mke2fs takes. */
  static final int BLOCKS_PER_GROUP = 8 * BLOCK_SIZE;

  /** The 64bit feature's size of a group descriptor. */
  static final int DESCRIPTOR_SIZE = 64;

  static final int DESCRIPTORS_PER_BLOCK = BLOCK_SIZE / DESCRIPTOR_SIZE;
  static final int INODES_PER_BLOCK = BLOCK_SIZE / Inode.SIZE;

  /** One block of bitmap. */
  private static final int MAX_INODES_PER_GROUP = 8 * BLOCK_SIZE;

  /** The number of block pointers in a block, the most that the resize inode can list. */
  static final int POINTERS_PER_BLOCK = BLOCK_SIZE / 4;

  /** mke2fs's default s_log_groups_per_flex. */
  private static final int LOG_GROUPS_PER_FLEX = 4;

  /** mke2fs leaves a last group out that would have fewer blocks than this besides its metadata. */
  private static final int MIN_DATA_BLOCKS = 50;

  private final long blocks;
  private final int groups;
  private final int inodesPerGroup;
  private final int descriptorBlocks;
  private final int reservedDescriptorBlocks;
  private final int logGroupsPerFlex;

  private Geometry(Ext4Options options, long blocks) throws Ext4Exception {
    this.blocks = blocks;
    groups = Math.toIntExact(divideUp(blocks, BLOCKS_PER_GROUP));
    descriptorBlocks = Math.toIntExact(divideUp(groups, DESCRIPTORS_PER_BLOCK));
    inodesPerGroup = inodesPerGroup(options, groups);
    long growthGroups = divideUp(options.growthLimit(), (long) BLOCKS_PER_GROUP * BLOCK_SIZE);
    long growthBlocks = Math.min(divideUp(growthGroups, DESCRIPTORS_PER_BLOCK), POINTERS_PER_BLOCK);
    reservedDescriptorBlocks = (int) Math.max(0, growthBlocks - descriptorBlocks);
    int flex = LOG_GROUPS_PER_FLEX;
    int mostOverhead = 1 + descriptorBlocks + reservedDescriptorBlocks;
    while (flex > 0
        && mostOverhead + ((2 + inodeTableBlocks()) << flex) + MIN_DATA_BLOCKS > BLOCKS_PER_GROUP) {
      flex--;
    }
    logGroupsPerFlex = flex;
  }

  static Geometry of(Ext4Options options) throws Ext4Exception {
    Geometry geometry = new Geometry(options, options.sizeBytes() / BLOCK_SIZE);
    int last = geometry.groups - 1;
    long least = geometry.overhead(last) + 2 + geometry.inodeTableBlocks() + (long) MIN_DATA_BLOCKS;
    if (geometry.blocksIn(last) < least) {
      if (last == 0) {
        throw new Ext4Exception(
            Ext4Exception.Reason.NO_SPACE,
            "an image of "
                + options.sizeBytes()
                + " bytes is too small for its own metadata of "
                + least * BLOCK_SIZE);
      }
      return new Geometry(options, (long) last * BLOCKS_PER_GROUP);
    }
    return geometry;
  }

  private static int inodesPerGroup(Ext4Options options, int groups) throws Ext4Exception {
    long wanted = divideUp(options.inodes(), groups);
    long rounded = divideUp(Math.max(wanted, 2), INODES_PER_BLOCK) * INODES_PER_BLOCK;
    if (rounded > MAX_INODES_PER_GROUP && options.inodesAreRequired()) {
      throw new Ext4Exception(
          Ext4Exception.Reason.NO_INODES,
          options.inodes()
              + " inodes are more than an image of "
              + options.sizeBytes()
              + " bytes can have");
    }
    // Inode numbers are ints here; 2^31 inodes would fill 512 GiB.
    long most = (long) (Integer.MAX_VALUE / groups / INODES_PER_BLOCK) * INODES_PER_BLOCK;
    return (int) Math.min(Math.min(rounded, MAX_INODES_PER_GROUP), most);
  }

  private static long divideUp(long dividend, long divisor) {
    return (dividend + divisor - 1) / divisor;
  }

  long blocks() {
    return blocks;
  }

  int groups() {
    return groups;
  }

  int inodesPerGroup() {
    return inodesPerGroup;
  }

  int inodes() {
    return inodesPerGroup * groups;
  }

  int inodeTableBlocks() {
    return inodesPerGroup / INODES_PER_BLOCK;
  }

  int descriptorBlocks() {
    return descriptorBlocks;
  }

  int reservedDescriptorBlocks() {
    return reservedDescriptorBlocks;
  }

  int logGroupsPerFlex() {
    return logGroupsPerFlex;
  }

  long firstBlock(int group) {
    return (long) group * BLOCKS_PER_GROUP;
  }

  int blocksIn(int group) {
    return (int) Math.min(BLOCKS_PER_GROUP, blocks - firstBlock(group));
  }

  /** sparse_super: groups 0, 1 and the powers of 3, 5 and 7. */
  boolean hasSuperblock(int group) {
    return group <= 1 || isPower(group, 3) || isPower(group, 5) || isPower(group, 7);
  }

  private static boolean isPower(int number, int base) {
    int rest = number;
    while (rest % base == 0) {
      rest /= base;
    }
    return rest == 1;
  }

  /** The blocks of a group taken by a superblock and descriptors. */
  int overhead(int group) {
    return hasSuperblock(group) ? 1 + descriptorBlocks + reservedDescriptorBlocks : 0;
  }

  private int flexLeader(int group) {
    return group >> logGroupsPerFlex << logGroupsPerFlex;
  }

  private int flexSize(int leader) {
    return Math.min(1 << logGroupsPerFlex, groups - leader);
  }

  private long flexStart(int leader) {
    return firstBlock(leader) + overhead(leader);
  }

  /** Whether the group holds bitmaps and inode tables. */
  boolean isFlexLeader(int group) {
    return flexLeader(group) == group;
  }

  long blockBitmap(int group) {
    int leader = flexLeader(group);
    return flexStart(leader) + (group - leader);
  }

  long inodeBitmap(int group) {
    int leader = flexLeader(group);
    return flexStart(leader) + flexSize(leader) + (group - leader);
  }

  long inodeTable(int group) {
    int leader = flexLeader(group);
    return flexStart(leader) + 2L * flexSize(leader) + (long) (group - leader) * inodeTableBlocks();
  }

  /** How many blocks at a group's start are taken by fixed structures. */
  int fixedBlocks(int group) {
    int flex = isFlexLeader(group) ? flexSize(group) * (2 + inodeTableBlocks()) : 0;
    return overhead(group) + flex;
  }
}
