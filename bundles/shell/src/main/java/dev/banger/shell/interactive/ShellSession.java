// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.interactive;

import dev.banger.command.Console;
import dev.banger.error.BangerException;
import dev.banger.shell.gogo.CommandFailed;
import dev.banger.shell.gogo.LineInterpreter;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.Plain;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs lines and tells what went wrong, as the client does for one command. */
final class ShellSession implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ShellSession.class);

  private final Output output;
  private final LineInterpreter.Session session;

  ShellSession(Console console, LineInterpreter interpreter) {
    this.output = new Output(console, null);
    this.session = interpreter.open(console);
  }

  /** Runs one line and gives its status. */
  int run(String line) {
    if (line.isBlank() || line.stripLeading().startsWith("#")) {
      return 0;
    }
    try {
      session.execute(line);
      return 0;
    } catch (CommandFailed e) {
      return e.status();
    } catch (BangerException e) {
      output.error(e.getMessage());
    } catch (Exception e) {
      LOG.debug("the line '{}' failed", line, e);
      String message = e.getMessage() == null ? e.toString() : e.getMessage();
      output.error(Plain.lines(message));
    }
    return 1;
  }

  List<String> commands() {
    return session.commands();
  }

  @Override
  public void close() {
    session.close();
  }
}
