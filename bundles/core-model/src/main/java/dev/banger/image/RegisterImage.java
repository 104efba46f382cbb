// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.image;

import java.nio.file.Path;

/**
 * A request to use a root file system where it lies.
 *
 * @param name what the image shall be called
 * @param rootfs absolute path of an ext4 file system without a partition table; it must not be
 *     changed while machines use it
 * @param kernel the kernel that its machines boot, or null for the default
 */
public record RegisterImage(String name, Path rootfs, String kernel) {}
