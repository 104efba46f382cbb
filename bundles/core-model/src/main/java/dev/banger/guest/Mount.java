// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.guest;

/**
 * A further disk of a guest that holds an ext4 file system and is mounted before the image's init
 * starts. A guest in which it cannot be mounted does not start.
 *
 * @param serial the disk's serial number, 1 to 20 of a-z 0-9 and '-'
 * @param path absolute path in the guest, at most 1023 bytes, made when missing; neither / nor with
 *     empty, '.' or '..' elements
 */
public record Mount(String serial, String path) {}
