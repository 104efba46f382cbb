// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.workseed;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.banger.ext4.Ext4FileType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Reads an inode's extended attributes: kernel's Documentation/filesystems/ext4, "Extended
 * Attributes". Those that ext4 would not show on such an inode are left out.
 */
final class StoredXattrs {
  private static final int MAGIC = 0xEA020000;
  private static final int FILE_ACL_LOW = 0x68;
  private static final int FILE_ACL_HIGH = 0x76;
  private static final int EXTRA_SIZE = 0x80;
  private static final int OLD_INODE_SIZE = 0x80;
  private static final int BLOCK_HEADER = 32;
  private static final int ENTRY_HEADER = 16;

  private static final int ACL_ACCESS = 2;
  private static final int ACL_DEFAULT = 3;

  // fs/ext4/acl.h and include/uapi/linux/posix_acl_xattr.h
  private static final int ACL_STORED = 1;
  private static final int ACL_SHOWN = 2;
  private static final int ACL_USER = 0x02;
  private static final int ACL_GROUP = 0x08;

  private final Ext4FileType type;
  private final Map<String, byte[]> found = new HashMap<>();

  private StoredXattrs(Ext4FileType type) {
    this.type = type;
  }

  /** All of an inode, by the names that Linux shows. */
  static Map<String, byte[]> read(Ext4Volume volume, ByteBuffer inode, Ext4FileType type)
      throws IOException {
    StoredXattrs xattrs = new StoredXattrs(type);
    try {
      if (inode.capacity() > OLD_INODE_SIZE) {
        int header = OLD_INODE_SIZE + Short.toUnsignedInt(inode.getShort(EXTRA_SIZE));
        if (header + Integer.BYTES <= inode.capacity() && inode.getInt(header) == MAGIC) {
          int first = header + Integer.BYTES;
          xattrs.add(slice(inode, first, inode.capacity() - first), 0);
        }
      }
      long block =
          Integer.toUnsignedLong(inode.getInt(FILE_ACL_LOW))
              | Short.toUnsignedLong(inode.getShort(FILE_ACL_HIGH)) << 32;
      if (block != 0) {
        ByteBuffer content = volume.block(block);
        if (content.getInt(0) != MAGIC) {
          throw damaged(null);
        }
        xattrs.add(content, BLOCK_HEADER);
      }
    } catch (IndexOutOfBoundsException e) {
      throw damaged(e);
    }
    return xattrs.found;
  }

  /**
   * @param area what offsets of values are counted in
   * @param first where the entries begin
   */
  private void add(ByteBuffer area, int first) throws IOException {
    int at = first;
    // Four zero bytes end the list, or the area does.
    while (at + ENTRY_HEADER <= area.capacity() && area.getInt(at) != 0) {
      int nameLength = Byte.toUnsignedInt(area.get(at));
      int index = Byte.toUnsignedInt(area.get(at + 1));
      int valueOffset = Short.toUnsignedInt(area.getShort(at + 2));
      int valueInode = area.getInt(at + 4);
      int valueSize = area.getInt(at + 8);
      if (valueSize < 0 || valueSize > area.capacity() && valueInode == 0) {
        throw damaged(null);
      }
      if (valueInode != 0) {
        throw new UnfitFileSystemException(
            "keeps extended attributes of /root in inodes of their own (ea_inode)");
      }
      byte[] name = new byte[nameLength];
      area.get(at + ENTRY_HEADER, name);
      byte[] value = new byte[valueSize];
      // An empty value's offset means nothing.
      if (valueSize > 0) {
        area.get(valueOffset, value);
      }
      add(index, text(name), value);
      at += (ENTRY_HEADER + nameLength + 3) & ~3;
    }
  }

  private void add(int index, String name, byte[] value) throws IOException {
    switch (index) {
      case 1 -> found.put("user." + name, value);
      case ACL_ACCESS -> {
        if (type != Ext4FileType.SYMLINK) {
          found.put("system.posix_acl_access", shownAcl(value));
        }
      }
      case ACL_DEFAULT -> {
        if (type == Ext4FileType.DIRECTORY) {
          found.put("system.posix_acl_default", shownAcl(value));
        }
      }
      case 4 -> found.put("trusted." + name, value);
      case 6 -> found.put("security." + name, value);
      default -> {
        // What the file system keeps for itself, or what only other systems know.
      }
    }
  }

  private static String text(byte[] name) throws UnfitFileSystemException {
    String text = new String(name, UTF_8);
    if (!Arrays.equals(text.getBytes(UTF_8), name)) {
      throw new UnfitFileSystemException(
          "has an extended attribute in /root whose name is not UTF-8");
    }
    return text;
  }

  /** ext4 leaves out the ids that say nothing; getxattr(2) shows them. */
  private static byte[] shownAcl(byte[] stored) throws UnfitFileSystemException {
    ByteBuffer from = ByteBuffer.wrap(stored).order(ByteOrder.LITTLE_ENDIAN);
    // Entries have four bytes at least, and become eight.
    ByteBuffer to = ByteBuffer.allocate(2 * stored.length + 8).order(ByteOrder.LITTLE_ENDIAN);
    if (stored.length < Integer.BYTES || from.getInt() != ACL_STORED) {
      throw damaged(null);
    }
    to.putInt(ACL_SHOWN);
    while (from.remaining() >= Integer.BYTES) {
      short tag = from.getShort();
      short permissions = from.getShort();
      boolean named = tag == ACL_USER || tag == ACL_GROUP;
      if (named && from.remaining() < Integer.BYTES) {
        throw damaged(null);
      }
      to.putShort(tag).putShort(permissions).putInt(named ? from.getInt() : -1);
    }
    return Arrays.copyOf(to.array(), to.position());
  }

  private static ByteBuffer slice(ByteBuffer bytes, int from, int length) {
    return bytes.slice(from, length).order(bytes.order());
  }

  private static UnfitFileSystemException damaged(Exception cause) {
    return new UnfitFileSystemException(
        "is damaged: extended attributes in /root make no sense", cause);
  }
}
