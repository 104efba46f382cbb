// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import dev.banger.command.Console;
import dev.banger.guest.TerminalSize;
import dev.banger.operation.Operation;
import dev.banger.operation.Progress;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/** A person, or a script, whose every word is known beforehand. */
public final class FakeConsole implements Console {
  public final Operation operation = Operation.of("op-test", Progress.NONE);
  public final ByteArrayOutputStream out = new ByteArrayOutputStream();
  public final ByteArrayOutputStream err = new ByteArrayOutputStream();
  public final Map<String, String> environment = new HashMap<>();
  public final List<Boolean> rawModes = new ArrayList<>();
  public final List<List<String>> locally = new ArrayList<>();
  public boolean terminal;
  public boolean interrupted;
  public int localStatus;
  public Runnable onLocal = () -> {};
  public InputStream in = InputStream.nullInputStream();

  public FakeConsole person() {
    terminal = true;
    return this;
  }

  public FakeConsole types(String text) {
    in = new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    return this;
  }

  public String stdoutText() {
    return out.toString(StandardCharsets.UTF_8);
  }

  public String stderrText() {
    return err.toString(StandardCharsets.UTF_8);
  }

  @Override
  public Operation operation() {
    return operation;
  }

  /** Ctrl-C. */
  public void interrupt() {
    interrupted = true;
    operation.cancel("Ctrl-C");
  }

  @Override
  public boolean isInterrupted() {
    return interrupted;
  }

  @Override
  public InputStream stdin() {
    return in;
  }

  @Override
  public OutputStream stdout() {
    return out;
  }

  @Override
  public OutputStream stderr() {
    return err;
  }

  @Override
  public boolean stdinIsTerminal() {
    return terminal;
  }

  @Override
  public boolean stdoutIsTerminal() {
    return terminal;
  }

  @Override
  public boolean stderrIsTerminal() {
    return terminal;
  }

  @Override
  public Optional<TerminalSize> terminalSize() {
    return terminal ? Optional.of(new TerminalSize(30, 90)) : Optional.empty();
  }

  @Override
  public Path directory() {
    return Path.of("/somewhere");
  }

  @Override
  public Map<String, String> environment() {
    return environment;
  }

  @Override
  public void rawMode(boolean raw) {
    rawModes.add(raw);
  }

  @Override
  public int runLocally(List<String> argv, Map<String, String> variables) {
    locally.add(List.copyOf(argv));
    onLocal.run();
    return localStatus;
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
