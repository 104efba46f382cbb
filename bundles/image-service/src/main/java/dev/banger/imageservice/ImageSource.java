// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Path;

/** Where images come from. */
public interface ImageSource {
  /**
   * Makes a root file system.
   *
   * @param rootfs the file to make; its directory is there, and belongs to this pull alone
   * @throws dev.banger.error.BangerException HOST_UNFIT, NO_SPACE, OPERATION_FAILED, CANCELLED
   * @throws IOException when a file cannot be written
   */
  Contents make(ImageCatalog.Entry entry, Path rootfs, Operation operation) throws IOException;

  /**
   * What was made.
   *
   * @param sizeBytes its size as a guest sees it
   * @param allocatedBytes what it takes on the host's disk
   * @param source where it came from
   */
  record Contents(long sizeBytes, long allocatedBytes, String source) {}
}
