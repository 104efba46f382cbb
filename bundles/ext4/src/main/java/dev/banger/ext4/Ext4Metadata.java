// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import java.time.Instant;
import java.util.Map;
import java.util.Objects;

/**
 * Everything an inode says besides its type and content.
 *
 * <p>Times outside what the image can hold are moved to the nearest one it can, as the kernel does:
 * 1901-12-13T20:45:52Z to 2310-04-04 (the kernel would go on to 2446, but e2fsck distrusts the
 * years from 2310 to 2378).
 *
 * @param mode the permission bits, 0 to 07777
 * @param uid the owner, 0 to 2<sup>32</sup>-2
 * @param gid the group, 0 to 2<sup>32</sup>-2
 * @param mtime the time of the last change of content
 * @param atime the time of the last access
 * @param ctime the time of the last change of the inode; also given as its birth
 * @param xattrs extended attributes as Linux shows them, values not to be changed afterwards: names
 *     start with {@code user.}, {@code trusted.} or {@code security.}, or are {@code
 *     system.posix_acl_access} or {@code system.posix_acl_default} with the value that getxattr(2)
 *     gives
 */
public record Ext4Metadata(
    int mode,
    long uid,
    long gid,
    Instant mtime,
    Instant atime,
    Instant ctime,
    Map<String, byte[]> xattrs) {

  /** (uid_t) -1 means "no change" to chown(2), so no file can have it. */
  private static final long MAX_ID = 0xFFFF_FFFEL;

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if the mode or an id is out of range
   */
  public Ext4Metadata {
    if ((mode & ~07777) != 0) {
      throw new IllegalArgumentException("mode " + Integer.toOctalString(mode));
    }
    if (uid < 0 || uid > MAX_ID || gid < 0 || gid > MAX_ID) {
      throw new IllegalArgumentException("owner " + uid + ":" + gid);
    }
    Objects.requireNonNull(mtime);
    Objects.requireNonNull(atime);
    Objects.requireNonNull(ctime);
    xattrs = Map.copyOf(xattrs);
  }

  /**
   * Makes metadata with one time for all three and no extended attributes.
   *
   * @param mode the permission bits
   * @param uid the owner
   * @param gid the group
   * @param time the time
   * @return the metadata
   */
  public static Ext4Metadata of(int mode, long uid, long gid, Instant time) {
    return new Ext4Metadata(mode, uid, gid, time, time, time, Map.of());
  }

  /**
   * Returns the same with other extended attributes.
   *
   * @param xattrs the attributes
   * @return the new metadata
   */
  public Ext4Metadata withXattrs(Map<String, byte[]> xattrs) {
    return new Ext4Metadata(mode, uid, gid, mtime, atime, ctime, xattrs);
  }
}
