// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the host has to share out.
 *
 * @param cpus its CPUs
 * @param memoryMib its memory in MiB
 */
record HostCapacity(int cpus, long memoryMib) {
  private static final Path MEMORY = Path.of("/proc/meminfo");

  /** This host's. */
  static HostCapacity measured() {
    try {
      for (String line : Files.readAllLines(MEMORY)) {
        if (line.startsWith("MemTotal:")) {
          long kib = Long.parseLong(line.replaceAll("[^0-9]", ""));
          return new HostCapacity(Runtime.getRuntime().availableProcessors(), kib / 1024);
        }
      }
      throw new IOException("no MemTotal line");
    } catch (IOException | NumberFormatException e) {
      throw new BangerException(
          ErrorCode.HOST_UNFIT, "cannot read the host's memory from " + MEMORY, e);
    }
  }
}
