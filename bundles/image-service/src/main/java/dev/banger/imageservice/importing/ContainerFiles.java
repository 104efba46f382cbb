// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.importing;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** The files of a saved container image, by the names that it has for them. */
interface ContainerFiles {
  /** A file. */
  interface Blob {
    long size();

    InputStream open() throws IOException;
  }

  /**
   * The plain file of an exact name.
   *
   * @throws IOException when it cannot be looked for
   */
  Optional<Blob> find(String name) throws IOException;
}
