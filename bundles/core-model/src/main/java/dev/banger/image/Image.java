// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.image;

import java.nio.file.Path;
import java.time.Instant;

/**
 * A disk that machines start from. Its root file system is never written after it was published;
 * its work seed may be replaced, as a whole, by another one.
 *
 * @param id twelve characters of 0-9a-f
 * @param name unique among the images that exist
 * @param distribution such as {@code debian}
 * @param release such as {@code bookworm}
 * @param architecture such as {@code amd64}
 * @param kernel the name of the kernel that its machines boot
 * @param rootfs the root file system: ext4, without a partition table
 * @param sizeBytes its size as the guest sees it
 * @param allocatedBytes what its files take on the host's disk
 * @param source where it came from
 * @param digest what its content is known by, such as {@code sha256:…} of a registry's manifest;
 *     null when it has none
 * @param config how its maker wants processes to be started
 * @param unmanaged whether its files are a person's, used where they lie and never deleted
 * @param createdAt when it was published here
 * @param workSeed a template for work disks: ext4, without a partition table, sparse, its root
 *     directory what the image has in /root; null when there is none. Open it once to copy it:
 *     whoever has it open keeps what it was
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
    String digest,
    ImageConfig config,
    boolean unmanaged,
    Instant createdAt,
    Path workSeed) {
  public Image {
    config = config == null ? ImageConfig.NONE : config;
  }

  /** An image without a work seed. */
  public Image(
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
      String digest,
      ImageConfig config,
      boolean unmanaged,
      Instant createdAt) {
    this(
        id,
        name,
        distribution,
        release,
        architecture,
        kernel,
        rootfs,
        sizeBytes,
        allocatedBytes,
        source,
        digest,
        config,
        unmanaged,
        createdAt,
        null);
  }

  /** This image under another name. */
  public Image named(String other) {
    return new Image(
        id,
        other,
        distribution,
        release,
        architecture,
        kernel,
        rootfs,
        sizeBytes,
        allocatedBytes,
        source,
        digest,
        config,
        unmanaged,
        createdAt,
        workSeed);
  }

  /** This image with a root file system that belongs to this installation. */
  public Image managed(Path file, long allocated) {
    return new Image(
        id,
        name,
        distribution,
        release,
        architecture,
        kernel,
        file,
        sizeBytes,
        allocated,
        source,
        digest,
        config,
        false,
        createdAt,
        workSeed);
  }

  /**
   * This image with a work seed.
   *
   * @param seed its path
   * @param allocated what all files of the image take then
   */
  public Image seeded(Path seed, long allocated) {
    return new Image(
        id,
        name,
        distribution,
        release,
        architecture,
        kernel,
        rootfs,
        sizeBytes,
        allocated,
        source,
        digest,
        config,
        unmanaged,
        createdAt,
        seed);
  }
}
