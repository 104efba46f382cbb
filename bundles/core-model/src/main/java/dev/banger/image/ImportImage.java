// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.image;

import java.nio.file.Path;

/**
 * A request to make an image of something on this host. Null means: let banger choose.
 *
 * @param path absolute path of a file or directory
 * @param name what the image shall be called; null for a name made of the file's
 * @param kernel the kernel that its machines boot, or null for the default
 * @param sizeBytes how large its root file system shall be, or null
 */
public record ImportImage(Path path, String name, String kernel, Long sizeBytes) {}
