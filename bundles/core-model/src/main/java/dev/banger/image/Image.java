// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.image;

import java.nio.file.Path;
import java.time.Instant;

/**
 * A disk that machines start from. Its files are never written after they were published.
 *
 * @param id twelve characters of 0-9a-f
 * @param name unique among the images that exist
 * @param distribution such as {@code debian}
 * @param release such as {@code bookworm}
 * @param architecture such as {@code amd64}
 * @param kernel the name of the kernel that its machines boot
 * @param rootfs the root file system: ext4, without a partition table
 * @param sizeBytes its size as the guest sees it
 * @param allocatedBytes what it takes on the host's disk
 * @param source where it came from
 * @param createdAt when it was published here
 */
public record Image(
    String id,
    String name,
    String distribution,
    String release,
    String architecture,
    String kernel,
    Path rootfs,
    long sizeBytes,
    long allocatedBytes,
    String source,
    Instant createdAt) {}
