// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.image;

import java.nio.file.Path;

/**
 * An image as one file, which another installation can pull.
 *
 * @param file {@code <name>-<architecture>-<first twelve digits of sha256>.tar.zst}
 * @param sha256 what it adds up to, lower-case hex
 * @param sizeBytes how large it is
 */
public record ImageBundle(Path file, String sha256, long sizeBytes) {}
