// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.testkit;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.CommandResult;
import dev.banger.host.HostCommand;
import dev.banger.host.HostCommands;
import dev.banger.host.HostProcess;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Host commands that really run, as the daemon runs them, as far as tests need it: {@link #start}
 * is not served, and a command without a deadline may take a minute. For use by any thread.
 */
public final class PlainHostCommands implements HostCommands {
  @Override
  public Optional<Path> find(String program) {
    return Stream.of("/usr/bin", "/bin", "/usr/sbin")
        .map(directory -> Path.of(directory, program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  @Override
  public CommandResult run(HostCommand command, Operation operation) {
    try {
      Path out = Files.createTempFile("command", ".out");
      Path err = Files.createTempFile("command", ".err");
      try {
        Process process =
            new ProcessBuilder(command.argv())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        try (Operation.Registration onCancel = operation.onCancel(process::destroyForcibly)) {
          long limit = operation.remaining().map(java.time.Duration::toMillis).orElse(60_000L);
          if (!process.waitFor(limit, TimeUnit.MILLISECONDS)) {
            process.destroyForcibly().waitFor();
            throw new BangerException(ErrorCode.DEADLINE_EXCEEDED, "too slow");
          }
        }
        operation.check();
        return new CommandResult(
            process.exitValue(),
            Files.readString(out, StandardCharsets.ISO_8859_1),
            Files.readString(err, StandardCharsets.ISO_8859_1));
      } finally {
        Files.delete(out);
        Files.delete(err);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public HostProcess start(HostCommand command, Consumer<String> errors, Operation operation) {
    throw new UnsupportedOperationException("no test needs it");
  }
}
