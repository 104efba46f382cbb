// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Merges the layers of a container image straight into an ext4 image.
 *
 * <p>{@link dev.banger.imageservice.layers.LayeredImage} is the way in. Threads of its own
 * decompress and digest ahead; the caller's reads the tar and writes the image. Nothing is kept of
 * a layer but the names in the image.
 */
package dev.banger.imageservice.layers;
