// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.output;

import dev.banger.command.Console;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.TerminalSize;
import dev.banger.operation.Operation;
import dev.banger.wire.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a command tells its person: results on standard output, all else on standard error. */
public final class Output {
  private static final Logger LOG = LoggerFactory.getLogger(Output.class);

  private final Console console;
  private final Json json;

  public Output(Console console, Json json) {
    this.console = console;
    this.json = json;
  }

  public Console console() {
    return console;
  }

  public Operation operation() {
    return console.operation();
  }

  /** Writes text to standard output as it is. */
  public void print(String text) {
    write(console.stdout(), text);
  }

  /** Writes a line to standard output. */
  public void line(String text) {
    print(text + "\n");
  }

  /** Writes a value to standard output as JSON. */
  public void json(Object value) {
    print(json.writePretty(value));
  }

  /** Writes a value to standard output as JSON on one line. */
  public void jsonLine(Object value) {
    line(json.write(value));
  }

  /** Writes a table to standard output. */
  public void table(Table table) {
    print(table.text());
  }

  /** Writes a line to standard error. */
  public void note(String text) {
    write(console.stderr(), text + "\n");
  }

  /** Writes text to standard error as it is. */
  public void ask(String text) {
    write(console.stderr(), text);
  }

  /** Writes an error that does not end the command to standard error. */
  public void error(String message) {
    note("banger: " + message + " (" + operation().id() + ")");
  }

  /** As {@link #note}, for words that must not hide what happened: nobody may be there to read. */
  public void tryNote(String text) {
    try {
      note(text);
    } catch (BangerException e) {
      LOG.debug("nobody was told: {}", text, e);
    }
  }

  /** As {@link #error}, in the manner of {@link #tryNote}. */
  public void tryError(String message) {
    tryNote("banger: " + message + " (" + operation().id() + ")");
  }

  /** Whether what goes to standard output may be coloured. */
  public boolean colours() {
    return console.stdoutIsTerminal() && colourful();
  }

  /** A display of progress on standard error that suits it. */
  public ProgressDisplay progress() {
    if (!console.stderrIsTerminal() || dumb()) {
      return new PlainProgress(this::note, System::nanoTime);
    }
    int columns = console.terminalSize().map(TerminalSize::columns).orElse(80);
    return new TerminalProgress(this::ask, columns, colourful(), System::nanoTime);
  }

  /** Standard output as a screen that is drawn again and again; empty where it is none. */
  public Optional<Screen> screen() {
    return console.stdoutIsTerminal() && !dumb()
        ? Optional.of(new Screen(this::print, console::terminalSize))
        : Optional.empty();
  }

  private boolean colourful() {
    String wish = console.environment().get("NO_COLOR");
    return (wish == null || wish.isEmpty()) && !dumb();
  }

  private boolean dumb() {
    return "dumb".equals(console.environment().get("TERM"));
  }

  private static void write(OutputStream stream, String text) {
    try {
      stream.write(text.getBytes(StandardCharsets.UTF_8));
      stream.flush();
    } catch (IOException e) {
      throw new BangerException(ErrorCode.CANCELLED, "nobody reads the output any more", e);
    }
  }
}
