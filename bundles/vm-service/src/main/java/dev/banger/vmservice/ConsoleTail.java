// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.vm.Vm;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;

/** The last words of a guest, for the error that says why it did not start. */
final class ConsoleTail {
  private static final int BYTES = 4096;
  private static final int LINES = 8;

  private ConsoleTail() {}

  /** The last lines of a console, indented; empty when there are none. */
  static String of(Vm vm) {
    try (SeekableByteChannel log = Files.newByteChannel(vm.files().consoleLog())) {
      log.position(Math.max(0, log.size() - BYTES));
      ByteBuffer bytes = ByteBuffer.allocate(BYTES);
      while (bytes.hasRemaining() && log.read(bytes) >= 0) {
        // read on
      }
      List<String> lines =
          GuestText.printable(new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8))
              .lines()
              .filter(line -> !line.isBlank())
              .toList();
      return String.join(
          "", lines.subList(Math.max(0, lines.size() - LINES), lines.size()).stream()
              .map(line -> "\n  " + line)
              .toList());
    } catch (IOException e) {
      return "";
    }
  }
}
