// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.image;

import java.nio.file.Path;

/**
 * A request to make an image of a file or directory of this host. Null means: let banger choose.
 *
 * @param source absolute path of a docker-save or OCI archive, an OCI layout's directory, the tar
 *     of a root file system, or a disk image, raw or qcow2
 * @param name what it shall be called here, or null for one made of what the source tells
 * @param kernel the kernel that its machines boot, or null
 * @param sizeBytes how large its root file system shall be, or null
 */
public record ImportImage(Path source, String name, String kernel, Long sizeBytes) {}
