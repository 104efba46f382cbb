// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A program of the host that says whether ours is right. */
public final class HostTool {
  private HostTool() {}

  /** Skips the test when the program is not there. */
  public static void require(String program) {
    assumeTrue(find(program).isPresent(), program + " is not installed");
  }

  /** Where a program is. */
  public static Optional<Path> find(String program) {
    return Stream.concat(
            Stream.of(System.getenv("PATH").split(":")), Stream.of("/usr/sbin", "/sbin"))
        .map(directory -> Path.of(directory, program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** What a program makes of some bytes; the test is skipped when it is not there. */
  public static byte[] filter(byte[] input, String... argv) throws IOException {
    require(argv[0]);
    Path in = Files.createTempFile("input", "");
    Path out = Files.createTempFile("output", "");
    try {
      Files.write(in, input);
      Process process =
          new ProcessBuilder(List.of(argv))
              .redirectInput(in.toFile())
              .redirectOutput(out.toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      assertThat(process.waitFor()).as(String.join(" ", argv)).isZero();
      return Files.readAllBytes(out);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    } finally {
      Files.delete(in);
      Files.delete(out);
    }
  }
}
