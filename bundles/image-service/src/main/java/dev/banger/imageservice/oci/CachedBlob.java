// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import java.nio.file.Path;
import java.time.Instant;

/**
 * A file in the cache.
 *
 * @param digest what it has, or is to have
 * @param complete whether all of it is there; else it is the beginning of a download
 * @param bytes its length
 * @param lastUse when a pull used it last
 * @param file where it lies
 */
public record CachedBlob(
    OciDigest digest, boolean complete, long bytes, Instant lastUse, Path file) {}
