// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

/** The type of an entry. */
public enum Ext4FileType {
  /** A regular file. */
  FILE(1, 0x8),
  /** A directory. */
  DIRECTORY(2, 0x4),
  /** A character device. */
  CHARACTER_DEVICE(3, 0x2),
  /** A block device. */
  BLOCK_DEVICE(4, 0x6),
  /** A named pipe. */
  FIFO(5, 0x1),
  /** A socket. */
  SOCKET(6, 0xC),
  /** A symbolic link. */
  SYMLINK(7, 0xA);

  private static final Ext4FileType[] VALUES = values();

  /** ext4 documentation, "Linear (Classic) Directories", file_type. */
  private final int directoryCode;

  /** The upper four bits of i_mode; ext4 documentation, "Index Nodes". */
  private final int modeBits;

  Ext4FileType(int directoryCode, int modeBits) {
    this.directoryCode = directoryCode;
    this.modeBits = modeBits;
  }

  int directoryCode() {
    return directoryCode;
  }

  int modeBits() {
    return modeBits << 12;
  }

  static Ext4FileType ofDirectoryCode(int code) {
    for (Ext4FileType type : VALUES) {
      if (type.directoryCode == code) {
        return type;
      }
    }
    throw new IllegalArgumentException("no file type " + code);
  }

  static Ext4FileType ofMode(int mode) {
    for (Ext4FileType type : VALUES) {
      if (type.modeBits == (mode >>> 12 & 0xF)) {
        return type;
      }
    }
    throw new IllegalArgumentException("no file type in mode " + Integer.toOctalString(mode));
  }
}
