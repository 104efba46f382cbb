// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A command that runs: its output is gathered while it does. */
final class Running {
  private final Process process;
  private final Gathered stdout;
  private final Gathered stderr;

  private Running(Process process) {
    this.process = process;
    this.stdout = new Gathered(process.getInputStream());
    this.stderr = new Gathered(process.getErrorStream());
  }

  static Running start(List<String> argv, Path home) {
    return start(argv, home, Map.of());
  }

  static Running start(List<String> argv, Path home, Map<String, String> environment) {
    ProcessBuilder builder = new ProcessBuilder(argv);
    builder.environment().putAll(environment);
    builder.environment().put("BANGER_HOME", home.toString());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    try {
      return new Running(builder.start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Process process() {
    return process;
  }

  String stdoutSoFar() {
    return stdout.text();
  }

  String stderrSoFar() {
    return stderr.text();
  }

  void type(String input) {
    try {
      process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void endInput() {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends a signal by its name. */
  void signal(String name) {
    try {
      new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  Outcome await(Duration limit) {
    try {
      boolean ended = process.waitFor(limit.toSeconds(), TimeUnit.SECONDS);
      if (!ended) {
        process.destroyForcibly();
      }
      assertThat(ended)
          .as(() -> "ended within " + limit + "; so far: " + stdout.text() + stderr.text())
          .isTrue();
      return new Outcome(process.exitValue(), stdout.awaitEnd(), stderr.awaitEnd());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static final class Gathered {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final Thread reader;

    Gathered(InputStream in) {
      reader =
          new Thread(
              () -> {
                byte[] buffer = new byte[8192];
                try (in) {
                  for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    bytes.write(buffer, 0, n);
                  }
                } catch (IOException e) {
                  // The process was ended by force; what was gathered so far stands.
                }
              });
      reader.setDaemon(true);
      reader.start();
    }

    String text() {
      return bytes.toString(StandardCharsets.UTF_8);
    }

    String awaitEnd() throws InterruptedException {
      // A daemon started by the command may hold the pipe open; what the command wrote is there by
      // then.
      reader.join(2000);
      return text();
    }
  }
}
