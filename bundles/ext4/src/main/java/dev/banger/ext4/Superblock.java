// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;

/** The superblock and its copies. Offsets and values: ext4 documentation, "Super Block". */
final class Superblock {
  /** Where the first one lies in its block; copies begin at their block's start. */
  private static final int PRIMARY_OFFSET = 1024;

  private static final int SIZE = 1024;
  private static final int CHECKSUM_OFFSET = 0x3FC;
  private static final int MAGIC = 0xEF53;

  private static final int COMPAT_HAS_JOURNAL = 0x4;
  private static final int COMPAT_EXT_ATTR = 0x8;
  private static final int COMPAT_RESIZE_INODE = 0x10;
  private static final int COMPAT_DIR_INDEX = 0x20;

  private static final int INCOMPAT_FILETYPE = 0x2;
  private static final int INCOMPAT_EXTENTS = 0x40;
  private static final int INCOMPAT_64BIT = 0x80;
  private static final int INCOMPAT_FLEX_BG = 0x200;

  private static final int RO_COMPAT_SPARSE_SUPER = 0x1;
  private static final int RO_COMPAT_LARGE_FILE = 0x2;
  private static final int RO_COMPAT_HUGE_FILE = 0x8;
  private static final int RO_COMPAT_DIR_NLINK = 0x20;
  private static final int RO_COMPAT_EXTRA_ISIZE = 0x40;
  private static final int RO_COMPAT_METADATA_CSUM = 0x400;

  /** EXT4_DEFM_XATTR_USER | EXT4_DEFM_ACL, as mke2fs.conf has it. */
  private static final int DEFAULT_MOUNT_OPTIONS = 0x4 | 0x8;

  /** EXT2_FLAGS_SIGNED_HASH: names are hashed as signed characters, on any machine. */
  private static final int SIGNED_HASH = 0x1;

  private static final int CRC32C = 1;
  private static final int LOG_BLOCK_SIZE = 2;

  private final ByteBuffer raw = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);

  Superblock(Ext4Options options, Geometry geometry, VolumeIdentity identity) {
    raw.putInt(0x0, geometry.inodes());
    putSplit(0x4, 0x150, geometry.blocks());
    putSplit(0x8, 0x154, geometry.blocks() * options.reservedPercent() / 100);
    raw.putInt(0x18, LOG_BLOCK_SIZE);
    raw.putInt(0x1C, LOG_BLOCK_SIZE); // s_log_cluster_size
    raw.putInt(0x20, Geometry.BLOCKS_PER_GROUP);
    raw.putInt(0x24, Geometry.BLOCKS_PER_GROUP); // s_clusters_per_group
    raw.putInt(0x28, geometry.inodesPerGroup());
    raw.putShort(0x36, (short) -1); // s_max_mnt_count: no check by count
    raw.putShort(0x38, (short) MAGIC);
    raw.putShort(0x3A, (short) 1); // s_state: clean
    raw.putShort(0x3C, (short) 1); // s_errors: continue
    raw.putInt(0x4C, 1); // s_rev_level: dynamic
    raw.putInt(0x54, Inode.FIRST_FREE);
    raw.putShort(0x58, (short) Inode.SIZE);
    boolean growable = geometry.reservedDescriptorBlocks() > 0;
    raw.putInt(0x5C, COMPAT_EXT_ATTR | COMPAT_DIR_INDEX | (growable ? COMPAT_RESIZE_INODE : 0));
    raw.putInt(0x60, INCOMPAT_FILETYPE | INCOMPAT_EXTENTS | INCOMPAT_64BIT | INCOMPAT_FLEX_BG);
    raw.putInt(
        0x64,
        RO_COMPAT_SPARSE_SUPER
            | RO_COMPAT_LARGE_FILE
            | RO_COMPAT_HUGE_FILE
            | RO_COMPAT_DIR_NLINK
            | RO_COMPAT_EXTRA_ISIZE
            | RO_COMPAT_METADATA_CSUM);
    raw.put(0x68, identity.uuid());
    raw.put(0x78, options.label());
    raw.putShort(0xCE, (short) geometry.reservedDescriptorBlocks());
    for (int i = 0; i < 4; i++) {
      raw.putInt(0xEC + 4 * i, identity.hashSeedWord(i));
    }
    raw.put(0xFC, (byte) DirectoryHash.VERSION);
    raw.putShort(0xFE, (short) Geometry.DESCRIPTOR_SIZE);
    raw.putInt(0x100, DEFAULT_MOUNT_OPTIONS);
    raw.putShort(0x15C, (short) Inode.EXTRA_SIZE); // s_min_extra_isize
    raw.putShort(0x15E, (short) Inode.EXTRA_SIZE); // s_want_extra_isize
    raw.putInt(0x160, SIGNED_HASH);
    raw.put(0x174, (byte) geometry.logGroupsPerFlex());
    raw.put(0x175, (byte) CRC32C);
    putTime(0x30, 0x274, options.timestamp()); // s_wtime
    putTime(0x40, 0x277, options.timestamp()); // s_lastcheck
    putTime(0x108, 0x276, options.timestamp()); // s_mkfs_time
  }

  /** Says that there is a journal, and keeps a copy of its inode's map as e2fsck wants it. */
  void setJournal(Inode journal) {
    raw.putInt(0x5C, raw.getInt(0x5C) | COMPAT_HAS_JOURNAL);
    raw.putInt(0xE0, Inode.JOURNAL); // s_journal_inum
    raw.put(0xFD, (byte) 1); // s_jnl_backup_type
    byte[] map = new byte[Inode.BLOCK_AREA];
    journal.blockArea().get(map);
    raw.put(0x10C, map);
    raw.putInt(0x10C + Inode.BLOCK_AREA, (int) (journal.size() >>> 32));
    raw.putInt(0x110 + Inode.BLOCK_AREA, (int) journal.size());
  }

  void setFree(long blocks, int inodes) {
    putSplit(0xC, 0x158, blocks);
    raw.putInt(0x10, inodes);
  }

  /** Returns a group's first block. */
  byte[] block(int group) {
    raw.putShort(0x5A, (short) group); // s_block_group_nr
    byte[] bytes = new byte[SIZE];
    raw.get(0, bytes);
    int checksum = MetadataChecksum.bare().bytes(bytes, 0, CHECKSUM_OFFSET).value();
    ByteBuffer.wrap(bytes).order(raw.order()).putInt(CHECKSUM_OFFSET, checksum);
    byte[] block = new byte[Geometry.BLOCK_SIZE];
    System.arraycopy(bytes, 0, block, group == 0 ? PRIMARY_OFFSET : 0, SIZE);
    return block;
  }

  private void putSplit(int low, int high, long value) {
    raw.putInt(low, (int) value);
    raw.putInt(high, (int) (value >>> 32));
  }

  /** 40 bits of seconds from the epoch on. */
  private void putTime(int low, int high, Instant time) {
    long seconds = Math.max(0, Math.min(time.getEpochSecond(), (1L << 40) - 1));
    raw.putInt(low, (int) seconds);
    raw.put(high, (byte) (seconds >>> 32));
  }
}
