// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import java.time.Instant;

/**
 * What the image holds under a path, at the moment of asking.
 *
 * @param type the type
 * @param inode the inode number, the same for all hard links of a file
 * @param links the number of hard links; for a directory always 1
 * @param mode the permission bits
 * @param uid the owner
 * @param gid the group
 * @param size the size in bytes; the target's length for a symbolic link; 0 for a directory
 * @param mtime the time of the last change of content, as far as the image can hold it
 * @param currentLayer whether this path was written since the last {@link
 *     Ext4ImageWriter#beginLayer()}
 */
public record Ext4Entry(
    Ext4FileType type,
    int inode,
    int links,
    int mode,
    long uid,
    long gid,
    long size,
    Instant mtime,
    boolean currentLayer) {}
