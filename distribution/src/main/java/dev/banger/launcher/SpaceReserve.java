// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;

/**
 * A file that is given up when the disk is full, so that a daemon can still start there: it is what
 * a person frees space with.
 */
final class SpaceReserve {
  private static final int SIZE = 4 << 20;

  /** What a start writes is far less than twice the file. */
  private static final long SCARCE = 2L * SIZE;

  private final Path file;

  SpaceReserve(Path file) {
    this.file = file;
  }

  /** Gives the space back if there is hardly any other. */
  void releaseIfScarce() throws IOException {
    if (free() < SCARCE) {
      Files.deleteIfExists(file);
    }
  }

  /** Makes the file again where there is plenty. Harmless when it fails. */
  void keepIfPlenty() {
    try {
      if (!Files.exists(file) && free() >= SIZE + SCARCE) {
        // Random, so that no file system stores it in less.
        byte[] content = new byte[SIZE];
        new Random().nextBytes(content);
        Files.write(file, content, StandardOpenOption.CREATE_NEW);
      }
    } catch (IOException e) {
      System.err.println("bangerd: no space could be set aside: " + e);
    }
  }

  private long free() {
    return file.getParent().toFile().getUsableSpace();
  }
}
