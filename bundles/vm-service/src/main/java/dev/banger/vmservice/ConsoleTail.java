// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** The last words of a guest's console, fit for an error message. */
final class ConsoleTail {
  private static final int BYTES = 4096;
  private static final int LINES = 8;

  private ConsoleTail() {}

  /** The last lines, introduced; empty when the console said nothing. */
  static String of(Path log) {
    List<String> lines = lines(log);
    return lines.isEmpty()
        ? "; its console said nothing"
        : lines.stream()
            .skip(Math.max(0, lines.size() - LINES))
            .collect(Collectors.joining("\n  ", "; the end of its console:\n  ", ""));
  }

  private static List<String> lines(Path log) {
    try (FileChannel channel = FileChannel.open(log)) {
      ByteBuffer tail = ByteBuffer.allocate(BYTES);
      channel.read(tail, Math.max(0, channel.size() - BYTES));
      // The guest is not trusted with the terminal: only printable ASCII passes.
      return new String(tail.array(), 0, tail.position(), StandardCharsets.ISO_8859_1)
          .replaceAll("[^\\x20-\\x7e\\n]", "")
          .lines()
          .filter(line -> !line.isBlank())
          .toList();
    } catch (IOException e) {
      return List.of();
    }
  }
}
