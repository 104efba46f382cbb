// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import dev.banger.imageservice.layers.Compression;
import java.nio.file.Path;

/**
 * A layer of an image: a tar of what it adds, changes and removes, packed or not.
 *
 * @param digest of the file as it is, verified
 * @param diffId what the tar must hash to when it is unpacked; whoever unpacks it verifies that
 * @param mediaType what the registry calls it
 * @param compression what it is, by its first bytes
 * @param size of the file, in bytes
 * @param file in the cache; to be read only
 */
public record OciLayer(
    OciDigest digest,
    OciDigest diffId,
    String mediaType,
    Compression compression,
    long size,
    Path file) {}
