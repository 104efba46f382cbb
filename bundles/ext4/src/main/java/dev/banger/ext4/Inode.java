// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;

/** An inode of 256 bytes, as it lies in the inode table. ext4 documentation, "Index Nodes". */
final class Inode {
  static final int SIZE = 256;

  // ext4 documentation, "Special inodes".
  static final int ROOT = 2;
  static final int RESIZE = 7;
  static final int JOURNAL = 8;

  /** Inodes below this are the file system's own; the first one becomes lost+found. */
  static final int FIRST_FREE = 11;

  /** EXT4_LINK_MAX of fs/ext4/ext4.h. */
  static final int MAX_LINKS = 65000;

  /** The bytes of i_block. */
  static final int BLOCK_AREA = 60;

  static final int INDEX_FLAG = 0x1000;
  static final int EXTENTS_FLAG = 0x80000;

  /** i_extra_isize: the fields up to i_projid; what follows is for extended attributes. */
  static final int EXTRA_SIZE = 32;

  static final int XATTR_AREA = 128 + EXTRA_SIZE;

  private static final int SECTORS_PER_BLOCK = Geometry.BLOCK_SIZE / 512;

  private static final int MODE = 0x0;
  private static final int UID = 0x2;
  private static final int SIZE_LOW = 0x4;
  private static final int ATIME = 0x8;
  private static final int CTIME = 0xC;
  private static final int MTIME = 0x10;
  private static final int GID = 0x18;
  private static final int LINKS = 0x1A;
  private static final int BLOCKS_LOW = 0x1C;
  private static final int FLAGS = 0x20;
  private static final int BLOCK = 0x28;
  private static final int FILE_ACL_LOW = 0x68;
  private static final int SIZE_HIGH = 0x6C;
  private static final int BLOCKS_HIGH = 0x74;
  private static final int FILE_ACL_HIGH = 0x76;
  private static final int UID_HIGH = 0x78;
  private static final int GID_HIGH = 0x7A;
  private static final int CHECKSUM_LOW = 0x7C;
  private static final int EXTRA_ISIZE = 0x80;
  private static final int CHECKSUM_HIGH = 0x82;
  private static final int CTIME_EXTRA = 0x84;
  private static final int MTIME_EXTRA = 0x88;
  private static final int ATIME_EXTRA = 0x8C;
  private static final int CRTIME = 0x90;
  private static final int CRTIME_EXTRA = 0x94;

  private static final long MIN_TIME = Integer.MIN_VALUE;

  /** From here to 2378 e2fsck takes the two epoch bits for an old kernel's mistake. */
  private static final long MAX_TIME = 0x2_7FFF_FFFFL;

  private final ByteBuffer raw;

  private Inode(byte[] raw) {
    this.raw = ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Makes an inode of no blocks with one link. */
  static Inode create(Ext4FileType type, Ext4Metadata metadata) {
    Inode inode = new Inode(new byte[SIZE]);
    // symlink(2): the permissions of a symbolic link are 0777 and mean nothing.
    int permissions = type == Ext4FileType.SYMLINK ? 0777 : metadata.mode();
    inode.raw.putShort(MODE, (short) (type.modeBits() | permissions));
    inode.raw.putShort(UID, (short) metadata.uid());
    inode.raw.putShort(UID_HIGH, (short) (metadata.uid() >>> 16));
    inode.raw.putShort(GID, (short) metadata.gid());
    inode.raw.putShort(GID_HIGH, (short) (metadata.gid() >>> 16));
    inode.raw.putShort(EXTRA_ISIZE, (short) EXTRA_SIZE);
    inode.putTime(ATIME, ATIME_EXTRA, metadata.atime());
    inode.putTime(CTIME, CTIME_EXTRA, metadata.ctime());
    inode.putTime(MTIME, MTIME_EXTRA, metadata.mtime());
    inode.putTime(CRTIME, CRTIME_EXTRA, metadata.ctime());
    inode.setLinks(1);
    return inode;
  }

  /** Reads an inode out of a block of the table. */
  static Inode copyOf(byte[] block, int offset) {
    byte[] raw = new byte[SIZE];
    System.arraycopy(block, offset, raw, 0, SIZE);
    return new Inode(raw);
  }

  /** Writes the inode with its checksum into a block of the table. */
  void copyTo(byte[] block, int offset, MetadataChecksum begun) {
    raw.putShort(CHECKSUM_LOW, (short) 0);
    raw.putShort(CHECKSUM_HIGH, (short) 0);
    int checksum = begun.bytes(raw, 0, SIZE).value();
    raw.putShort(CHECKSUM_LOW, (short) checksum);
    raw.putShort(CHECKSUM_HIGH, (short) (checksum >>> 16));
    raw.get(0, block, offset, SIZE);
  }

  /** 34 bits of seconds and 30 of nanoseconds; ext4 documentation, "Inode Timestamps". */
  private void putTime(int low, int extra, Instant time) {
    long seconds = time.getEpochSecond();
    int nanos = time.getNano();
    if (seconds < MIN_TIME || seconds > MAX_TIME) {
      seconds = Math.max(MIN_TIME, Math.min(MAX_TIME, seconds));
      nanos = 0;
    }
    raw.putInt(low, (int) seconds);
    raw.putInt(extra, (nanos << 2) | (int) (((seconds - (int) seconds) >>> 32) & 3));
  }

  Instant mtime() {
    int extra = raw.getInt(MTIME_EXTRA);
    return Instant.ofEpochSecond(raw.getInt(MTIME) + ((long) (extra & 3) << 32), extra >>> 2);
  }

  Ext4FileType type() {
    return Ext4FileType.ofMode(raw.getShort(MODE));
  }

  int mode() {
    return raw.getShort(MODE) & 07777;
  }

  long uid() {
    return (raw.getShort(UID) & 0xFFFF) | (raw.getShort(UID_HIGH) & 0xFFFFL) << 16;
  }

  long gid() {
    return (raw.getShort(GID) & 0xFFFF) | (raw.getShort(GID_HIGH) & 0xFFFFL) << 16;
  }

  long size() {
    return (raw.getInt(SIZE_LOW) & 0xFFFF_FFFFL) | (long) raw.getInt(SIZE_HIGH) << 32;
  }

  void setSize(long size) {
    raw.putInt(SIZE_LOW, (int) size);
    raw.putInt(SIZE_HIGH, (int) (size >>> 32));
  }

  int links() {
    return raw.getShort(LINKS) & 0xFFFF;
  }

  void setLinks(int links) {
    raw.putShort(LINKS, (short) links);
  }

  void addFlag(int flag) {
    raw.putInt(FLAGS, raw.getInt(FLAGS) | flag);
  }

  boolean hasExtents() {
    return (raw.getInt(FLAGS) & EXTENTS_FLAG) != 0;
  }

  /** Counts blocks of content, of the extent tree and of extended attributes. */
  void addBlocks(long blocks) {
    long low = raw.getInt(BLOCKS_LOW) & 0xFFFF_FFFFL;
    long sectors = (low | (raw.getShort(BLOCKS_HIGH) & 0xFFFFL) << 32) + blocks * SECTORS_PER_BLOCK;
    raw.putInt(BLOCKS_LOW, (int) sectors);
    raw.putShort(BLOCKS_HIGH, (short) (sectors >>> 32));
  }

  long xattrBlock() {
    return (raw.getInt(FILE_ACL_LOW) & 0xFFFF_FFFFL)
        | (raw.getShort(FILE_ACL_HIGH) & 0xFFFFL) << 32;
  }

  /** Names the block of extended attributes and counts it. */
  void setXattrBlock(long block) {
    raw.putInt(FILE_ACL_LOW, (int) block);
    raw.putShort(FILE_ACL_HIGH, (short) (block >>> 32));
    addBlocks(1);
  }

  /** A view of i_block: an extent tree's root, a short link's target or a device's number. */
  ByteBuffer blockArea() {
    return raw.slice(BLOCK, BLOCK_AREA).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** A view of what follows the fixed fields. */
  ByteBuffer xattrArea() {
    return raw.slice(XATTR_AREA, SIZE - XATTR_AREA).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Numbers a device as new_decode_dev of include/linux/kdev_t.h reads it, or in its old form. */
  void setDevice(int major, int minor) {
    if (major < 256 && minor < 256) {
      blockArea().putInt(0, (major << 8) | minor);
    } else {
      blockArea().putInt(4, (minor & 0xFF) | (major << 8) | ((minor & ~0xFF) << 12));
    }
  }
}
