// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.gogo;

import dev.banger.command.CommandService;
import dev.banger.command.Console;
import dev.banger.operation.Operation;
import dev.banger.shell.DetachedConsole;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.apache.felix.service.command.Process;

/** A command as Gogo calls it. */
public final class GogoCommand {
  private final CommandService commands;
  private final SessionConsoles consoles;
  private final List<String> prefix;

  /**
   * @param prefix the words that stand before what Gogo hands over, which begins with the name that
   *     was called
   */
  GogoCommand(CommandService commands, SessionConsoles consoles, List<String> prefix) {
    this.commands = commands;
    this.consoles = consoles;
    this.prefix = prefix;
  }

  /**
   * Runs the command. Gogo looks for a method of this name when none is called as the command is,
   * gives it the session because its first parameter is an interface that sessions have, and the
   * command's words.
   */
  @SuppressWarnings("MemberName")
  public void _main(AutoCloseable session, String[] words) {
    List<String> argv = new ArrayList<>(prefix);
    argv.addAll(List.of(words));
    int status = commands.run(argv, console(session));
    if (status != 0) {
      throw new CommandFailed(String.join(" ", argv), status);
    }
  }

  // Gogo points the standard streams of the calling thread at its session.
  private Console console(AutoCloseable session) {
    return consoles
        .of(session)
        .orElseGet(
            () -> new DetachedConsole(Operation.background(), input(), System.out, System.err));
  }

  // What a shell reads its lines from is not a command's: a read there takes what a person types
  // next, and interrupting it closes the shell's input for good. A pipe is the command's own.
  private static InputStream input() {
    try {
      Process process = Process.Utils.current();
      return process != null && process.isTty(0) ? InputStream.nullInputStream() : System.in;
    } catch (NoClassDefFoundError e) {
      return System.in; // this bundle was wired before there was a Gogo
    }
  }
}
