// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import dev.banger.command.Console;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
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

/** A console on bare streams, with no person at it. */
public record DetachedConsole(
    Operation operation, InputStream stdin, OutputStream stdout, OutputStream stderr)
    implements Console {
  /** A console that nobody reads, for looking at commands without running them. */
  static DetachedConsole silent(Operation operation) {
    return new DetachedConsole(
        operation,
        InputStream.nullInputStream(),
        OutputStream.nullOutputStream(),
        OutputStream.nullOutputStream());
  }

  @Override
  public boolean isInterrupted() {
    return false;
  }

  @Override
  public boolean stdinIsTerminal() {
    return false;
  }

  @Override
  public boolean stdoutIsTerminal() {
    return false;
  }

  @Override
  public boolean stderrIsTerminal() {
    return false;
  }

  @Override
  public Optional<TerminalSize> terminalSize() {
    return Optional.empty();
  }

  @Override
  public Path directory() {
    return Path.of("/");
  }

  @Override
  public Map<String, String> environment() {
    return Map.of();
  }

  @Override
  public void rawMode(boolean raw) {
    // there is no terminal
  }

  @Override
  public int runLocally(List<String> argv, Map<String, String> environment) {
    throw new BangerException(
        ErrorCode.OPERATION_FAILED,
        "this shell has no terminal of its own to run '"
            + argv.get(0)
            + "' on; use 'banger' in bash, or 'banger shell'");
  }

  @Override
  public Operation.Registration onResize(Consumer<TerminalSize> listener) {
    return () -> {};
  }

  @Override
  public Operation.Registration onSignal(IntConsumer listener) {
    return () -> {};
  }
}
