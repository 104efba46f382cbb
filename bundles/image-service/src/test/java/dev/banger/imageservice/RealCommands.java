// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** The host's own programs; remembers which were run. */
public final class RealCommands implements HostCommands {
  public final List<List<String>> run = new ArrayList<>();

  @Override
  public Optional<Path> find(String program) {
    return HostTool.find(program);
  }

  @Override
  public CommandResult run(HostCommand command, Operation operation) {
    run.add(command.argv());
    Path errors = null;
    try {
      errors = Files.createTempFile("errors", "");
      List<String> argv = new ArrayList<>(command.argv());
      argv.set(0, HostTool.find(argv.get(0)).map(Path::toString).orElse(argv.get(0)));
      Process process = new ProcessBuilder(argv).redirectError(errors.toFile()).start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new CommandResult(process.waitFor(), output, Files.readString(errors));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    } finally {
      if (errors != null) {
        errors.toFile().delete();
      }
    }
  }

  /** Runs a program that must succeed. */
  public String succeed(String... argv) {
    CommandResult result = run(HostCommand.of(argv), Operation.background());
    if (!result.succeeded()) {
      throw new AssertionError(String.join(" ", argv) + ": " + result.stderr());
    }
    return result.stdout();
  }

  @Override
  public HostProcess start(HostCommand command, Consumer<String> errors, Operation operation) {
    throw new UnsupportedOperationException();
  }
}
