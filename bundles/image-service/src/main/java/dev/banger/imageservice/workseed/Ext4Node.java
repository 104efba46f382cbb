// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.workseed;

import dev.banger.ext4.Ext4FileType;
import dev.banger.ext4.Ext4Metadata;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;

/**
 * An inode of a file system that is read: kernel's Documentation/filesystems/ext4, "Index Nodes".
 *
 * @param volume where it is
 * @param number its number
 * @param type what it is
 * @param metadata what it says besides its content
 * @param links how many names it has
 * @param size its size in bytes
 * @param flags i_flags
 * @param map the 60 bytes that say where its content is
 */
record Ext4Node(
    Ext4Volume volume,
    long number,
    Ext4FileType type,
    Ext4Metadata metadata,
    int links,
    long size,
    int flags,
    ByteBuffer map) {
  private static final int MODE = 0x0;
  private static final int UID_LOW = 0x2;
  private static final int SIZE_LOW = 0x4;
  private static final int ATIME = 0x8;
  private static final int CTIME = 0xC;
  private static final int MTIME = 0x10;
  private static final int GID_LOW = 0x18;
  private static final int LINKS = 0x1A;
  private static final int FLAGS = 0x20;
  private static final int MAP = 0x28;
  private static final int MAP_LENGTH = 60;
  private static final int SIZE_HIGH = 0x6C;
  private static final int UID_HIGH = 0x78;
  private static final int GID_HIGH = 0x7A;
  private static final int EXTRA_SIZE = 0x80;
  private static final int CTIME_EXTRA = 0x84;
  private static final int MTIME_EXTRA = 0x88;
  private static final int ATIME_EXTRA = 0x8C;
  private static final int OLD_SIZE = 0x80;

  private static final int ENCRYPTED = 0x800;
  private static final int EXTENTS = 0x80000;
  private static final int INLINE_DATA = 0x10000000;

  private static final int PERMISSIONS = 07777;
  private static final int MAX_TARGET = 4095;

  static Ext4Node parse(Ext4Volume volume, long number, ByteBuffer raw) throws IOException {
    int mode = Short.toUnsignedInt(raw.getShort(MODE));
    int flags = raw.getInt(FLAGS);
    if ((flags & ENCRYPTED) != 0) {
      throw new UnfitFileSystemException("has encrypted files in /root");
    }
    if ((flags & INLINE_DATA) != 0) {
      throw new UnfitFileSystemException("keeps data of /root in inodes (inline_data)");
    }
    try {
      Ext4FileType type = type(mode);
      Ext4Metadata metadata =
          new Ext4Metadata(
              mode & PERMISSIONS,
              id(raw, UID_LOW, UID_HIGH),
              id(raw, GID_LOW, GID_HIGH),
              time(raw, MTIME, MTIME_EXTRA),
              time(raw, ATIME, ATIME_EXTRA),
              time(raw, CTIME, CTIME_EXTRA),
              StoredXattrs.read(volume, raw, type));
      return new Ext4Node(
          volume,
          number,
          type,
          metadata,
          Short.toUnsignedInt(raw.getShort(LINKS)),
          Integer.toUnsignedLong(raw.getInt(SIZE_LOW))
              | Integer.toUnsignedLong(raw.getInt(SIZE_HIGH)) << 32,
          flags,
          raw.slice(MAP, MAP_LENGTH).order(raw.order()));
    } catch (IllegalArgumentException e) {
      throw new UnfitFileSystemException("is damaged: inode " + number + ": " + e.getMessage(), e);
    }
  }

  private static Ext4FileType type(int mode) {
    return switch (mode >> 12) {
      case 0x1 -> Ext4FileType.FIFO;
      case 0x2 -> Ext4FileType.CHARACTER_DEVICE;
      case 0x4 -> Ext4FileType.DIRECTORY;
      case 0x6 -> Ext4FileType.BLOCK_DEVICE;
      case 0x8 -> Ext4FileType.FILE;
      case 0xA -> Ext4FileType.SYMLINK;
      case 0xC -> Ext4FileType.SOCKET;
      default -> throw new IllegalArgumentException("mode " + Integer.toOctalString(mode));
    };
  }

  private static long id(ByteBuffer raw, int low, int high) {
    return Short.toUnsignedLong(raw.getShort(low)) | Short.toUnsignedLong(raw.getShort(high)) << 16;
  }

  /** "Inode Timestamps": two bits more of seconds, and thirty of nanoseconds. */
  private static Instant time(ByteBuffer raw, int seconds, int extra) {
    long whole = raw.getInt(seconds);
    if (raw.capacity() <= OLD_SIZE
        || OLD_SIZE + Short.toUnsignedInt(raw.getShort(EXTRA_SIZE)) < extra + Integer.BYTES) {
      return Instant.ofEpochSecond(whole);
    }
    int more = raw.getInt(extra);
    return Instant.ofEpochSecond(whole + ((long) (more & 3) << 32), more >>> 2);
  }

  boolean isDirectory() {
    return type == Ext4FileType.DIRECTORY;
  }

  /** Where a file's or directory's content is, in order; what lies between is zero. */
  List<BlockRun> runs() throws IOException {
    BlockMap runs = new BlockMap(volume, size);
    if ((flags & EXTENTS) != 0) {
      runs.addExtents(map.duplicate().order(map.order()));
    } else {
      runs.addIndirect(map.duplicate().order(map.order()));
    }
    return runs.runs();
  }

  /** Where a symbolic link leads. */
  byte[] target() throws IOException {
    if (size < 1 || size > MAX_TARGET) {
      throw new UnfitFileSystemException(
          "is damaged: inode " + number + " is a symbolic link of " + size + " bytes");
    }
    byte[] target = new byte[(int) size];
    if (size < MAP_LENGTH && (flags & EXTENTS) == 0) {
      map.get(0, target);
    } else {
      for (BlockRun run : runs()) {
        volume.read(run.position(), target, (int) run.offset(), (int) run.length());
      }
    }
    return target;
  }

  /** A device's number; include/linux/kdev_t.h, in its old form or in its new one. */
  int major() {
    int old = map.getInt(0);
    return old != 0 ? old >>> 8 & 0xFF : map.getInt(Integer.BYTES) >>> 8 & 0xFFF;
  }

  int minor() {
    int old = map.getInt(0);
    int fresh = map.getInt(Integer.BYTES);
    return old != 0 ? old & 0xFF : fresh & 0xFF | fresh >>> 12 & 0xFFF00;
  }
}
