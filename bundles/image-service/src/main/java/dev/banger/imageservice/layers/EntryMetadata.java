// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.layers;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.banger.ext4.Ext4FileType;
import dev.banger.ext4.Ext4Metadata;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;

/** Reads what an entry's headers say of its inode. */
final class EntryMetadata {
  private static final int MODE = 07777;

  /** (uid_t) -1 means none. */
  private static final long MAX_ID = 0xFFFF_FFFEL;

  private static final String ACL_ACCESS = "system.posix_acl_access";
  private static final String ACL_DEFAULT = "system.posix_acl_default";

  private EntryMetadata() {}

  static Ext4Metadata of(TarArchiveEntry entry, PaxRecords records, Ext4FileType type)
      throws TarFaultException {
    Instant mtime = records.time("mtime").orElse(entry.getLastModifiedTime().toInstant());
    return new Ext4Metadata(
        entry.getMode() & MODE,
        id("owner", records.number("uid").orElse(entry.getLongUserId())),
        id("group", records.number("gid").orElse(entry.getLongGroupId())),
        mtime,
        records.time("atime").orElse(mtime),
        records.time("ctime").orElse(mtime),
        xattrs(records, type));
  }

  private static long id(String what, long id) throws TarFaultException {
    if (id < 0 || id > MAX_ID) {
      throw new TarFaultException("the " + what + " " + id + " is none that Linux has");
    }
    return id;
  }

  /** Those that ext4 stores on such an inode; others mean nothing to Linux there. */
  private static Map<String, byte[]> xattrs(PaxRecords records, Ext4FileType type)
      throws TarFaultException {
    Map<String, byte[]> xattrs = new HashMap<>();
    for (Map.Entry<String, byte[]> record : records.all().entrySet()) {
      if (record.getKey().startsWith(PaxRecords.XATTR_PREFIX)) {
        String name = decode(record.getKey().substring(PaxRecords.XATTR_PREFIX.length()));
        if (isStored(name, type)) {
          xattrs.put(name, record.getValue());
        }
      }
    }
    return xattrs.isEmpty() ? Map.of() : xattrs;
  }

  private static boolean isStored(String name, Ext4FileType type) {
    return switch (name) {
      case ACL_ACCESS -> type != Ext4FileType.SYMLINK;
      case ACL_DEFAULT -> type == Ext4FileType.DIRECTORY;
      default ->
          name.startsWith("user.") || name.startsWith("trusted.") || name.startsWith("security.");
    };
  }

  private static String decode(String bytes) throws TarFaultException {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.getBytes(ISO_8859_1))).toString();
    } catch (CharacterCodingException e) {
      throw new TarFaultException("the name of an extended attribute is not UTF-8", e);
    }
  }
}
