// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.layers;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Programs of the host; their output has one character for each byte. */
final class HostTool {
  private HostTool() {}

  /** What a program did. */
  record Outcome(int status, String output, String errors) {}

  static Outcome run(String... words) {
    try {
      Path errors = Files.createTempFile("tool", ".err");
      ProcessBuilder builder = new ProcessBuilder(words).redirectError(errors.toFile());
      builder.environment().put("LC_ALL", "C");
      Process process = builder.start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), ISO_8859_1);
      int status = process.waitFor();
      Outcome outcome = new Outcome(status, output, Files.readString(errors, ISO_8859_1));
      Files.delete(errors);
      return outcome;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  static String output(String... words) {
    Outcome outcome = run(words);
    assertThat(outcome.status()).as("%s: %s", List.of(words), outcome).isZero();
    return outcome.output();
  }

  static void assume(String... tools) {
    for (String tool : tools) {
      assumeTrue(exists(tool), () -> tool + " is not installed");
    }
  }

  static boolean exists(String tool) {
    String path = System.getenv("PATH") + ":/usr/sbin:/sbin";
    return Stream.of(path.split(":")).anyMatch(dir -> Files.isExecutable(Path.of(dir, tool)));
  }

  static String debugfs(Path image, String request) {
    return output("debugfs", "-R", request, image.toString());
  }

  /** e2fsck finds nothing to say beyond its passes and its summary. */
  static void assertConsistent(Path image) {
    Outcome check = run("e2fsck", "-fn", image.toString());
    List<String> remarks =
        check.output().lines().filter(line -> !line.startsWith("Pass ")).toList();
    assertThat(check.status()).as("%s", check).isZero();
    assertThat(remarks).as("e2fsck's remarks").hasSize(1);
  }
}
