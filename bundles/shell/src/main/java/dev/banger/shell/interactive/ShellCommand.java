// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.interactive;

import dev.banger.command.CommandService;
import dev.banger.command.Console;
import dev.banger.host.BangerDirectories;
import dev.banger.shell.RedirectedConsole;
import dev.banger.shell.gogo.LineInterpreter;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "shell",
    sortOptions = false,
    description = {
      "Open the daemon's own shell, with completion and history.",
      "It has banger's commands, without the word 'banger', beside those of the OSGi platform (lb,"
          + " scr:list …).",
      "'vm list' and 'vm:list' are the same there. Without a terminal, lines are read from standard"
          + " input. Ctrl-C ends the running command, Ctrl-D the shell."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger shell",
      "  banger shell -c 'vm:list -q'",
      "  echo 'vm list' | banger shell"
    })
public final class ShellCommand implements Callable<Integer> {
  private final CommandService commands;
  private final LineInterpreter gogo;
  private final BangerDirectories directories;
  private final Console console;

  @Option(
      names = {"-c", "--command"},
      paramLabel = "<line>",
      description = "Run this line and end with its status.")
  private String line;

  /**
   * @param gogo the interpreter of Gogo's language, or null where there is no Gogo
   */
  public ShellCommand(
      CommandService commands,
      LineInterpreter gogo,
      BangerDirectories directories,
      Console console) {
    this.commands = commands;
    this.gogo = gogo;
    this.directories = directories;
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    if (line != null) {
      try (ShellSession session = session(console)) {
        return session.run(line);
      }
    }
    if (console.stdinIsTerminal() && console.stdoutIsTerminal()) {
      new InteractiveShell(console, this::session, commands, directories.state()).run();
      return 0;
    }
    return lines();
  }

  private int lines() throws IOException {
    int status = 0;
    // Commands get no input of their own: the lines are the shell's.
    try (ShellSession session = session(withoutInput());
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(console.stdin(), StandardCharsets.UTF_8))) {
      for (String each = lines.readLine(); each != null; each = lines.readLine()) {
        console.operation().check();
        if (each.strip().equals("exit")) {
          break;
        }
        status = session.run(each);
      }
    }
    return status;
  }

  private Console withoutInput() {
    return new RedirectedConsole(console, InputStream.nullInputStream(), null, null);
  }

  private ShellSession session(Console each) {
    return new ShellSession(each, gogo == null ? new PlainInterpreter(commands) : gogo);
  }
}
