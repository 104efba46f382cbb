// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import java.io.IOException;
import java.util.Objects;

/**
 * An entry, or the image as a whole, cannot be written. The message names the entry.
 *
 * <p>Other {@link IOException}s thrown by the writer come from the image file or the content
 * stream. After any exception from a call that writes, the image is unusable and the caller deletes
 * the file.
 */
public final class Ext4Exception extends IOException {
  private static final long serialVersionUID = 1L;

  /** Why something was refused. */
  public enum Reason {
    /** A name is empty, {@code .}, {@code ..}, too long, or holds a slash or a NUL. */
    INVALID_NAME,
    /** The path has more names than {@link Ext4Options#maxDepth()}. */
    TOO_DEEP,
    /** A parent of the path is something other than a directory; symbolic links never count. */
    NOT_A_DIRECTORY,
    /** Parents lead through more symbolic links than Linux follows. */
    SYMLINK_LOOP,
    /** A hard link's target is not there. */
    NOT_FOUND,
    /** A hard link's target is a directory. */
    IS_A_DIRECTORY,
    /** The root or {@code lost+found} would be replaced by something else. */
    RESERVED,
    /** More hard links to one file than ext4 counts. */
    TOO_MANY_LINKS,
    /** A symbolic link's target is empty, too long or holds a NUL. */
    INVALID_SYMLINK,
    /** An extended attribute's name, value or ACL cannot be stored. */
    INVALID_XATTR,
    /** The extended attributes of one entry need more than the inode and one block. */
    XATTRS_TOO_LARGE,
    /** The content's size or ranges are impossible. */
    INVALID_SIZE,
    /** The content stream ended before its promised size. */
    TRUNCATED_CONTENT,
    /** A directory outgrows what a hashed index of two levels can address. */
    DIRECTORY_TOO_LARGE,
    /** No free block is left. */
    NO_SPACE,
    /** No free inode is left. */
    NO_INODES,
    /** More layers were begun than the writer tells apart. */
    TOO_MANY_LAYERS
  }

  private final Reason reason;

  /**
   * Creates an exception.
   *
   * @param reason the reason, for programs
   * @param message the explanation, for people
   */
  public Ext4Exception(Reason reason, String message) {
    super(message);
    this.reason = Objects.requireNonNull(reason);
  }

  /** Adds the entry to what only the image as a whole could tell. */
  Ext4Exception named(Ext4Path path) {
    boolean unnamed = reason == Reason.NO_SPACE || reason == Reason.NO_INODES;
    return unnamed ? new Ext4Exception(reason, path + ": " + getMessage()) : this;
  }

  /**
   * Returns the reason.
   *
   * @return the reason
   */
  public Reason reason() {
    return reason;
  }
}
