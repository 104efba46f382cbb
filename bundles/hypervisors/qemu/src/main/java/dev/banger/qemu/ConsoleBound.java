// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Where a machine's console log is and how long it may become: kept beside its sockets, so that a
 * daemon that adopts the machine goes on keeping the bound.
 */
record ConsoleBound(Path log, long limitBytes) {
  static void write(RunFiles files, Path log, long limitBytes) {
    try {
      Files.write(files.consoleBound(), List.of(log.toString(), Long.toString(limitBytes)));
    } catch (IOException e) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          "%s cannot be written: %s".formatted(files.consoleBound(), e.getMessage()),
          e);
    }
  }

  static Optional<ConsoleBound> read(RunFiles files) {
    try {
      List<String> lines = Files.readAllLines(files.consoleBound());
      return Optional.of(new ConsoleBound(Path.of(lines.get(0)), Long.parseLong(lines.get(1))));
    } catch (IOException | RuntimeException e) {
      return Optional.empty(); // without it the log is only unbounded
    }
  }
}
