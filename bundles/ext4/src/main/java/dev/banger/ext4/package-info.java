// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Writes ext4 file-system images from a stream of entries, without a mount, root rights or mkfs.
 *
 * <p>{@link dev.banger.ext4.Ext4ImageWriter} is the way in. Content goes to the image once, as it
 * is read; what stays in memory is the names, in proportion to the number of entries. The same
 * entries in the same order with the same options give the same bytes on every machine.
 *
 * <p>The on-disk format follows the Linux kernel's Documentation/filesystems/ext4 (called "ext4
 * documentation" in this package) and fs/ext4; default sizes follow mke2fs of e2fsprogs 1.47.
 */
package dev.banger.ext4;
