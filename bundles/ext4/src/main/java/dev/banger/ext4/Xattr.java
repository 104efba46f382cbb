// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** One extended attribute in its form on disk. ext4 documentation, "Extended Attributes". */
@SuppressWarnings("ArrayRecordComponent") // bytes are what it is; nobody compares two
record Xattr(int index, byte[] name, byte[] value) {
  /** struct ext4_xattr_entry without the name. */
  private static final int HEADER_SIZE = 16;

  /** XATTR_NAME_MAX of include/uapi/linux/limits.h, with the prefix. */
  private static final int MAX_NAME_LENGTH = 255;

  private static final Map<String, Integer> PREFIXES =
      Map.of("user.", 1, "trusted.", 4, "security.", 6);
  private static final int ACL_ACCESS = 2;
  private static final int ACL_DEFAULT = 3;

  /** The order that the kernel's search in a block takes for granted. */
  private static final Comparator<Xattr> ORDER =
      Comparator.comparingInt(Xattr::index)
          .thenComparingInt(xattr -> xattr.name.length)
          .thenComparing(Xattr::name, Arrays::compareUnsigned);

  /** Converts attributes as Linux shows them and sorts them. */
  static List<Xattr> ofAll(Ext4Path path, Ext4FileType type, Map<String, byte[]> xattrs)
      throws Ext4Exception {
    List<Xattr> converted = new ArrayList<>();
    for (Map.Entry<String, byte[]> entry : xattrs.entrySet()) {
      String fault = "its name is none that ext4 stores";
      Xattr xattr = null;
      if (entry.getKey().equals("system.posix_acl_access")) {
        fault = type == Ext4FileType.SYMLINK ? "a symbolic link has no ACL" : null;
        xattr = acl(ACL_ACCESS, entry.getValue());
      } else if (entry.getKey().equals("system.posix_acl_default")) {
        fault = type == Ext4FileType.DIRECTORY ? null : "only a directory has a default ACL";
        xattr = acl(ACL_DEFAULT, entry.getValue());
      } else {
        xattr = named(entry.getKey(), entry.getValue());
        fault = xattr == null ? fault : null;
      }
      if (fault == null && xattr == null) {
        fault = "its value is not an ACL";
      }
      if (fault != null) {
        throw new Ext4Exception(
            Ext4Exception.Reason.INVALID_XATTR,
            path
                + ": extended attribute \""
                + Ext4Path.quote(entry.getKey().getBytes(UTF_8))
                + "\": "
                + fault);
      }
      converted.add(xattr);
    }
    converted.sort(ORDER);
    return converted;
  }

  private static Xattr acl(int index, byte[] value) {
    byte[] stored = PosixAcl.toDisk(value);
    return stored == null ? null : new Xattr(index, new byte[0], stored);
  }

  private static Xattr named(String name, byte[] value) {
    for (Map.Entry<String, Integer> prefix : PREFIXES.entrySet()) {
      if (name.startsWith(prefix.getKey()) && name.indexOf('\0') < 0) {
        byte[] rest = encode(name.substring(prefix.getKey().length()));
        boolean fits = rest.length > 0 && prefix.getKey().length() + rest.length <= MAX_NAME_LENGTH;
        return fits ? new Xattr(prefix.getValue(), rest, value) : null;
      }
    }
    return null;
  }

  /**
   * Returns the name in UTF-8, or nothing if it is no Unicode: two such names could fall into one.
   */
  private static byte[] encode(String name) {
    try {
      ByteBuffer bytes = UTF_8.newEncoder().encode(CharBuffer.wrap(name));
      byte[] encoded = new byte[bytes.remaining()];
      bytes.get(encoded);
      return encoded;
    } catch (CharacterCodingException e) {
      return new byte[0];
    }
  }

  int entrySize() {
    return HEADER_SIZE + padded(name.length);
  }

  int valueSize() {
    return padded(value.length);
  }

  private static int padded(int length) {
    return length + 3 & ~3;
  }

  /**
   * Writes entries upwards from {@code start} and values downwards from the area's end.
   *
   * @param base the position that value offsets count from
   * @return the combined hash for a block's header
   */
  static int store(List<Xattr> xattrs, ByteBuffer area, int start, int base) {
    int entry = start;
    int values = area.capacity();
    int combined = 0;
    boolean hashed = true;
    for (Xattr xattr : xattrs) {
      int hash = xattr.hash();
      area.put(entry, (byte) xattr.name.length);
      area.put(entry + 1, (byte) xattr.index);
      if (xattr.value.length > 0) {
        values -= xattr.valueSize();
        area.putShort(entry + 2, (short) (values - base));
        area.put(values, xattr.value);
      }
      area.putInt(entry + 8, xattr.value.length);
      area.putInt(entry + 12, hash);
      area.put(entry + HEADER_SIZE, xattr.name);
      entry += xattr.entrySize();
      // ext4_xattr_rehash: an entry without a hash leaves the block without one.
      hashed &= hash != 0;
      combined = Integer.rotateLeft(combined, 16) ^ hash;
    }
    return hashed ? combined : 0;
  }

  /** ext4_xattr_hash_entry of fs/ext4/xattr.c. */
  private int hash() {
    int hash = 0;
    for (byte b : name) {
      hash = Integer.rotateLeft(hash, 5) ^ (b & 0xFF);
    }
    ByteBuffer words = ByteBuffer.wrap(Arrays.copyOf(value, valueSize()));
    words.order(ByteOrder.LITTLE_ENDIAN);
    while (words.hasRemaining()) {
      hash = Integer.rotateLeft(hash, 16) ^ words.getInt();
    }
    return hash;
  }
}
