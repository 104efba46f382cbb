// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.interactive;

import dev.banger.command.Console;
import dev.banger.guest.TerminalSize;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jline.terminal.Attributes;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.ExternalTerminal;

/**
 * The console of commands in an interactive shell. The person's terminal is raw all the time; what
 * its driver would do for a command (line ends, Ctrl-C) is done here, so that Ctrl-C ends a command
 * and not the shell.
 */
final class ShellConsole implements Console, AutoCloseable {
  private static final TerminalSize USUAL = new TerminalSize(24, 80);

  private final Console outer;
  private final ExternalTerminal terminal;
  private final Attributes cooked;
  private final Operation.Registration resizes;
  private final Operation.Registration leaving;
  private final List<Consumer<TerminalSize>> resizeListeners = new CopyOnWriteArrayList<>();
  private volatile Turn turn;

  ShellConsole(Console outer) throws IOException {
    this.outer = outer;
    outer.rawMode(true);
    this.terminal =
        new ExternalTerminal(
            null,
            "banger",
            outer.environment().getOrDefault("TERM", "xterm"),
            outer.stdin(),
            outer.stdout(),
            StandardCharsets.UTF_8,
            Terminal.SignalHandler.SIG_IGN,
            false,
            cookedAttributes(),
            jlineSize(outer.terminalSize().orElse(USUAL)));
    this.cooked = new Attributes(terminal.getAttributes());
    terminal.handle(Terminal.Signal.INT, signal -> interrupt());
    this.resizes = outer.onResize(this::resized);
    this.leaving = outer.operation().onCancel(this::leave);
  }

  private static Attributes cookedAttributes() {
    Attributes attributes = new Attributes();
    attributes.setLocalFlag(Attributes.LocalFlag.ICANON, true);
    attributes.setLocalFlag(Attributes.LocalFlag.ECHO, true);
    attributes.setLocalFlag(Attributes.LocalFlag.ISIG, true);
    attributes.setLocalFlag(Attributes.LocalFlag.IEXTEN, true);
    attributes.setInputFlag(Attributes.InputFlag.ICRNL, true);
    attributes.setOutputFlag(Attributes.OutputFlag.OPOST, true);
    attributes.setOutputFlag(Attributes.OutputFlag.ONLCR, true);
    attributes.setControlChar(Attributes.ControlChar.VINTR, 3);
    attributes.setControlChar(Attributes.ControlChar.VEOF, ShellInput.END_OF_INPUT);
    attributes.setControlChar(Attributes.ControlChar.VERASE, 127);
    return attributes;
  }

  private static Size jlineSize(TerminalSize size) {
    return new Size(size.columns(), size.rows());
  }

  Terminal terminal() {
    return terminal;
  }

  /** One line's turn at the console: its operation and its input, until it is closed. */
  Turn turn() {
    turn = new Turn();
    return turn;
  }

  final class Turn implements AutoCloseable {
    private final Operation operation = Operation.start(outer.operation().progress());
    private final Operation.Registration chain =
        outer.operation().onCancel(() -> operation.cancel("the shell was left"));
    private volatile boolean interrupted;
    private final ShellInput input = new ShellInput(terminal.input());

    private Turn() {
      operation.onCancel(input::end);
    }

    @Override
    public void close() {
      turn = null;
      chain.close();
      input.close();
      terminal.setAttributes(cooked);
    }
  }

  private void interrupt() {
    Turn current = turn;
    if (current != null) {
      current.interrupted = true;
      current.operation.cancel("interrupted");
    }
  }

  private void resized(TerminalSize size) {
    terminal.setSize(jlineSize(size));
    terminal.raise(Terminal.Signal.WINCH);
    resizeListeners.forEach(each -> each.accept(size));
  }

  private void leave() {
    try {
      terminal.close();
    } catch (IOException e) {
      // It is gone either way.
    }
  }

  @Override
  public void close() throws IOException {
    resizes.close();
    leaving.close();
    try {
      terminal.close();
    } finally {
      outer.rawMode(false);
    }
  }

  @Override
  public Operation operation() {
    Turn current = turn;
    return current == null ? outer.operation() : current.operation;
  }

  @Override
  public boolean isInterrupted() {
    Turn current = turn;
    return current == null ? outer.isInterrupted() : current.interrupted;
  }

  // Asked for once by an interpreter, for all lines to come.
  @Override
  public InputStream stdin() {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        Turn current = turn;
        return current == null ? -1 : current.input.read();
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        Turn current = turn;
        return current == null ? -1 : current.input.read(bytes, offset, length);
      }
    };
  }

  @Override
  public OutputStream stdout() {
    return terminal.output();
  }

  @Override
  public OutputStream stderr() {
    return terminal.output();
  }

  @Override
  public boolean stdinIsTerminal() {
    return true;
  }

  @Override
  public boolean stdoutIsTerminal() {
    return true;
  }

  @Override
  public boolean stderrIsTerminal() {
    return true;
  }

  @Override
  public Optional<TerminalSize> terminalSize() {
    return Optional.of(outer.terminalSize().orElse(USUAL));
  }

  @Override
  public Path directory() {
    return outer.directory();
  }

  @Override
  public Map<String, String> environment() {
    return outer.environment();
  }

  @Override
  public void rawMode(boolean raw) {
    Attributes attributes = new Attributes(cooked);
    if (raw) {
      attributes.setLocalFlag(Attributes.LocalFlag.ICANON, false);
      attributes.setLocalFlag(Attributes.LocalFlag.ECHO, false);
      attributes.setLocalFlag(Attributes.LocalFlag.ISIG, false);
      attributes.setLocalFlag(Attributes.LocalFlag.IEXTEN, false);
      attributes.setInputFlag(Attributes.InputFlag.ICRNL, false);
      attributes.setOutputFlag(Attributes.OutputFlag.OPOST, false);
    }
    Turn current = turn;
    if (current != null) {
      current.input.raw(raw);
    }
    terminal.setAttributes(attributes);
  }

  @Override
  public int runLocally(List<String> argv, Map<String, String> environment) {
    // The client reads no keys meanwhile. The terminal's own pause() would interrupt its reader,
    // after which it never reads again.
    outer.rawMode(false);
    try {
      return outer.runLocally(argv, environment);
    } finally {
      outer.rawMode(true);
    }
  }

  @Override
  public Operation.Registration onResize(Consumer<TerminalSize> listener) {
    resizeListeners.add(listener);
    return () -> resizeListeners.remove(listener);
  }

  @Override
  public Operation.Registration onSignal(IntConsumer listener) {
    return () -> {};
  }
}
