// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A finished process; its output has one character for each byte. */
record Command(int exit, String output, String errors) {

  static Command run(String... words) {
    try {
      Path errors = Files.createTempFile("command", ".err");
      ProcessBuilder builder = new ProcessBuilder(words).redirectError(errors.toFile());
      builder.environment().put("LC_ALL", "C");
      Process process = builder.start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), ISO_8859_1);
      Command command =
          new Command(process.waitFor(), output, Files.readString(errors, ISO_8859_1));
      Files.delete(errors);
      return command;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Runs a command that must succeed. */
  static String output(String... words) {
    Command command = run(words);
    if (command.exit != 0) {
      throw new AssertionError(List.of(words) + " failed: " + command);
    }
    return command.output;
  }

  static boolean exists(String tool) {
    String path = System.getenv("PATH") + ":/usr/sbin:/sbin";
    return Stream.of(path.split(":")).anyMatch(dir -> Files.isExecutable(Path.of(dir, tool)));
  }
}
