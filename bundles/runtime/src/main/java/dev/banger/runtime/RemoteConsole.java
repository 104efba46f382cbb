// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.command.Console;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.TerminalSize;
import dev.banger.operation.Operation;
import dev.banger.wire.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/** The terminal of a client of the socket. */
final class RemoteConsole implements Console {
  private final Operation operation;
  private final ClientChannel client;
  private final Json json;
  private final Parameters.CommandRun request;

  RemoteConsole(
      Operation operation, ClientChannel client, Json json, Parameters.CommandRun request) {
    this.operation = operation;
    this.client = client;
    this.json = json;
    this.request = request;
  }

  @Override
  public Operation operation() {
    return operation;
  }

  @Override
  public boolean isInterrupted() {
    return client.isInterrupted();
  }

  @Override
  public InputStream stdin() {
    return client.stdin();
  }

  @Override
  public OutputStream stdout() {
    return client.stdout();
  }

  @Override
  public OutputStream stderr() {
    return client.stderr();
  }

  @Override
  public boolean stdinIsTerminal() {
    return Boolean.TRUE.equals(request.stdinTerminal());
  }

  @Override
  public boolean stdoutIsTerminal() {
    return Boolean.TRUE.equals(request.stdoutTerminal());
  }

  @Override
  public boolean stderrIsTerminal() {
    return Boolean.TRUE.equals(request.stderrTerminal());
  }

  @Override
  public Optional<TerminalSize> terminalSize() {
    TerminalSize told = client.size();
    if (told != null) {
      return Optional.of(told);
    }
    return request.rows() == null || request.columns() == null
        ? Optional.empty()
        : Optional.of(new TerminalSize(request.rows(), request.columns()));
  }

  @Override
  public Path directory() {
    return request.directory() == null ? Path.of("/") : request.directory();
  }

  @Override
  public Map<String, String> environment() {
    return request.environment();
  }

  @Override
  public void rawMode(boolean raw) {
    try {
      client.rawMode(raw);
    } catch (IOException e) {
      throw gone(e);
    }
  }

  @Override
  public int runLocally(List<String> argv, Map<String, String> environment) {
    String command = json.write(Map.of("argv", argv, "env", environment));
    CompletableFuture<Integer> exit;
    try {
      exit = client.runLocal(command.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw gone(e);
    }
    try (Operation.Registration registration =
        operation.onCancel(
            () ->
                exit.completeExceptionally(
                    new BangerException(ErrorCode.CANCELLED, "the operation was cancelled")))) {
      return exit.get();
    } catch (ExecutionException e) {
      operation.check();
      throw e.getCause() instanceof BangerException known
          ? known
          : new BangerException(ErrorCode.OPERATION_FAILED, "the command was not run", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BangerException(ErrorCode.CANCELLED, "interrupted", e);
    }
  }

  private static BangerException gone(IOException e) {
    return new BangerException(ErrorCode.CANCELLED, "the client went away", e);
  }

  @Override
  public Operation.Registration onResize(Consumer<TerminalSize> listener) {
    return client.onResize(listener);
  }

  @Override
  public Operation.Registration onSignal(IntConsumer listener) {
    return client.onSignal(listener);
  }
}
