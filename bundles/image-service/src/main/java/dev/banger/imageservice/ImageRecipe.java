// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import dev.banger.image.ImageConfig;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Path;

/** How one image is made. */
public interface ImageRecipe {
  /** What the image is called when the request does not say. */
  String name();

  /** Where the image comes from, for its record; the same place always has the same words. */
  String origin();

  /**
   * Makes the root file system.
   *
   * @param rootfs the file to make; its directory is there, and belongs to this making alone
   * @throws dev.banger.error.BangerException as {@link dev.banger.image.ImageService#pull} does
   * @throws IOException when a file cannot be written
   */
  Contents make(Path rootfs, Operation operation) throws IOException;

  /**
   * What was made.
   *
   * @param distribution such as {@code debian}
   * @param release such as {@code bookworm}
   * @param kernel the kernel that it wants, or null
   * @param sizeBytes its size as a guest sees it
   * @param allocatedBytes what it takes on the host's disk
   * @param digest what its content is known by, or null
   * @param config how its maker wants processes to be started
   */
  record Contents(
      String distribution,
      String release,
      String kernel,
      long sizeBytes,
      long allocatedBytes,
      String digest,
      ImageConfig config) {}
}
