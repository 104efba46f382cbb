// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether a machine has room to write at all: its disk is sparse and grows as it is written. */
final class FreeSpace {
  private static final long MIB = 1024 * 1024;

  private final Path directory;
  private final long minimumMib;

  FreeSpace(Path directory, long minimumMib) {
    this.directory = directory;
    this.minimumMib = minimumMib;
  }

  void require(Operation operation) {
    operation.check();
    try {
      long freeMib = Files.getFileStore(directory).getUsableSpace() / MIB;
      if (freeMib < minimumMib) {
        throw new BangerException(
            ErrorCode.NO_SPACE,
            "only %d MiB are free in %s, and a machine needs %d; delete machines or images"
                .formatted(freeMib, directory, minimumMib));
      }
    } catch (IOException e) {
      throw DurableFiles.failed("cannot tell the free space of " + directory, e);
    }
  }
}
