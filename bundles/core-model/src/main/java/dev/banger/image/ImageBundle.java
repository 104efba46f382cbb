// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.image;

import java.nio.file.Path;

/**
 * An image in one file, to be carried to other hosts: docs/images.md has the format.
 *
 * @param path where it lies
 * @param sha256 of the file, 64 characters of 0-9a-f
 * @param sizeBytes of the file
 */
public record ImageBundle(Path path, String sha256, long sizeBytes) {}
