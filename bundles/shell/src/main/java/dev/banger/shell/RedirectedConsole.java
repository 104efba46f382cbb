// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import dev.banger.command.Console;
import dev.banger.guest.TerminalSize;
import dev.banger.operation.Operation;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * A person's console, some of whose streams lead elsewhere: into a pipe, say. A null stream is the
 * console's own.
 */
public record RedirectedConsole(
    Console console, InputStream otherInput, OutputStream otherOutput, OutputStream otherErrors)
    implements Console {
  @Override
  public InputStream stdin() {
    return otherInput == null ? console.stdin() : otherInput;
  }

  @Override
  public boolean stdinIsTerminal() {
    return otherInput == null && console.stdinIsTerminal();
  }

  @Override
  public Operation operation() {
    return console.operation();
  }

  @Override
  public boolean isInterrupted() {
    return console.isInterrupted();
  }

  @Override
  public OutputStream stdout() {
    return otherOutput == null ? console.stdout() : otherOutput;
  }

  @Override
  public OutputStream stderr() {
    return otherErrors == null ? console.stderr() : otherErrors;
  }

  @Override
  public boolean stdoutIsTerminal() {
    return otherOutput == null && console.stdoutIsTerminal();
  }

  @Override
  public boolean stderrIsTerminal() {
    return otherErrors == null && console.stderrIsTerminal();
  }

  @Override
  public Optional<TerminalSize> terminalSize() {
    return console.terminalSize();
  }

  @Override
  public Path directory() {
    return console.directory();
  }

  @Override
  public Map<String, String> environment() {
    return console.environment();
  }

  @Override
  public void rawMode(boolean raw) {
    if (otherInput == null) {
      console.rawMode(raw);
    }
  }

  @Override
  public int runLocally(List<String> argv, Map<String, String> environment) {
    return console.runLocally(argv, environment);
  }

  @Override
  public Operation.Registration onResize(Consumer<TerminalSize> listener) {
    return console.onResize(listener);
  }

  @Override
  public Operation.Registration onSignal(IntConsumer listener) {
    return console.onSignal(listener);
  }
}
