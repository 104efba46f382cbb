// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.interactive;

import dev.banger.command.CommandService;
import dev.banger.command.Console;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jline.reader.Candidate;
import org.jline.reader.Completer;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads lines from a person, with completion and history, and runs them. */
final class InteractiveShell {
  private static final int MOST_INTERRUPTIONS = 100;
  private static final String PROMPT = "banger> ";
  private static final Logger LOG = LoggerFactory.getLogger(InteractiveShell.class);

  private final Console console;
  private final Function<Console, ShellSession> sessions;
  private final CommandService commands;
  private final Path history;

  InteractiveShell(
      Console console,
      Function<Console, ShellSession> sessions,
      CommandService commands,
      Path state) {
    this.console = console;
    this.sessions = sessions;
    this.commands = commands;
    this.history = state.resolve("shell_history");
  }

  void run() throws IOException {
    keepHistoryPrivate();
    try (ShellConsole shell = new ShellConsole(console);
        ShellSession session = sessions.apply(shell)) {
      LineReader reader = reader(shell.terminal(), session);
      for (String line = read(reader); line != null; line = read(reader)) {
        if (line.equals("exit") || line.equals("quit")) {
          break;
        }
        try (ShellConsole.Turn unused = shell.turn()) {
          session.run(line);
        }
      }
    }
  }

  private LineReader reader(Terminal terminal, ShellSession session) {
    Completer completer =
        (reader, line, candidates) ->
            proposals(line.words(), line.wordIndex(), session)
                .forEach(each -> candidates.add(new Candidate(each)));
    return LineReaderBuilder.builder()
        .terminal(terminal)
        .appName("banger")
        .completer(completer)
        .variable(LineReader.HISTORY_FILE, history)
        .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
        .build();
  }

  private List<String> proposals(List<String> words, int index, ShellSession session) {
    List<String> proposals = new ArrayList<>();
    if (index == 0) {
      proposals.addAll(session.commands());
    }
    List<String> spoken = new ArrayList<>(words);
    int shift = 0;
    int colon = spoken.get(0).indexOf(':');
    if (index > 0 && colon > 0) {
      spoken.add(1, spoken.get(0).substring(colon + 1));
      spoken.set(0, spoken.get(0).substring(0, colon));
      shift = 1;
    }
    proposals.addAll(commands.complete(spoken, index + shift, Operation.background()));
    return proposals.stream().distinct().toList();
  }

  private String read(LineReader reader) {
    int interruptions = 0;
    while (!console.operation().ended() && interruptions < MOST_INTERRUPTIONS) {
      try {
        return reader.readLine(PROMPT).strip();
      } catch (UserInterruptException e) {
        // Ctrl-C at the prompt throws the line away, no more. A broken input looks the same.
        interruptions++;
      } catch (EndOfFileException e) {
        return null;
      }
    }
    return null;
  }

  private void keepHistoryPrivate() {
    try {
      Files.createFile(
          history,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } catch (FileAlreadyExistsException e) {
      // made by an earlier shell, in the same way
    } catch (IOException e) {
      LOG.warn("the shell's history cannot be kept in {}", history, e);
    }
  }
}
