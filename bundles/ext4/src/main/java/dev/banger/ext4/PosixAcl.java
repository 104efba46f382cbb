// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Converts access control lists from the form of Linux's extended attributes
 * (include/uapi/linux/posix_acl_xattr.h) to the one ext4 stores (fs/ext4/acl.h).
 */
final class PosixAcl {
  /** POSIX_ACL_XATTR_VERSION. */
  private static final int LINUX_VERSION = 2;

  /** EXT4_ACL_VERSION. */
  private static final int DISK_VERSION = 1;

  // include/uapi/linux/posix_acl.h
  private static final int USER_OBJ = 0x01;
  private static final int USER = 0x02;
  private static final int GROUP_OBJ = 0x04;
  private static final int GROUP = 0x08;
  private static final int MASK = 0x10;
  private static final int OTHER = 0x20;

  private static final int ENTRY_SIZE = 8;

  private PosixAcl() {}

  /** Returns the list as ext4 stores it, or null if the kernel would not have taken it. */
  static byte[] toDisk(byte[] linux) {
    ByteBuffer from = ByteBuffer.wrap(linux).order(ByteOrder.LITTLE_ENDIAN);
    if (linux.length < 4
        || (linux.length - 4) % ENTRY_SIZE != 0
        || from.getInt() != LINUX_VERSION) {
      return null;
    }
    ByteBuffer to = ByteBuffer.allocate(linux.length).order(ByteOrder.LITTLE_ENDIAN);
    to.putInt(DISK_VERSION);
    int previous = 0;
    int seen = 0;
    while (from.hasRemaining()) {
      int tag = from.getShort() & 0xFFFF;
      int permissions = from.getShort() & 0xFFFF;
      int id = from.getInt();
      boolean named = tag == USER || tag == GROUP;
      // posix_acl_valid of fs/posix_acl.c: in the order of the tags, only named ones repeat.
      boolean inOrder = tag > previous || (tag == previous && named);
      boolean known = Integer.bitCount(tag) == 1 && tag <= OTHER;
      if (!known || !inOrder || permissions > 7 || (named && id == -1)) {
        return null;
      }
      to.putShort((short) tag).putShort((short) permissions);
      if (named) {
        to.putInt(id);
      }
      previous = tag;
      seen |= tag;
    }
    int needed = USER_OBJ | GROUP_OBJ | OTHER | ((seen & (USER | GROUP)) != 0 ? MASK : 0);
    if ((seen & needed) != needed) {
      return null;
    }
    byte[] disk = new byte[to.position()];
    to.flip().get(disk);
    return disk;
  }
}
