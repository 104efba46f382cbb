// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.interactive;

import dev.banger.command.CommandService;
import dev.banger.command.Console;
import dev.banger.shell.gogo.CommandFailed;
import dev.banger.shell.gogo.LineInterpreter;
import java.util.ArrayList;
import java.util.List;
import org.jline.reader.impl.DefaultParser;

/** Interprets a line as one contributed command, where there is no Gogo. */
final class PlainInterpreter implements LineInterpreter {
  private final CommandService commands;

  PlainInterpreter(CommandService commands) {
    this.commands = commands;
  }

  @Override
  public Session open(Console console) {
    return new Session() {
      @Override
      public void execute(String line) {
        List<String> words = words(line);
        int status = commands.run(words, console);
        if (status != 0) {
          throw new CommandFailed(words.get(0), status);
        }
      }

      @Override
      public List<String> commands() {
        return List.of();
      }

      @Override
      public void close() {
        // nothing is kept
      }
    };
  }

  // 'vm:list' is 'vm list'.
  private static List<String> words(String line) {
    List<String> words = new ArrayList<>(new DefaultParser().parse(line, line.length()).words());
    words.removeIf(String::isEmpty);
    int colon = words.get(0).indexOf(':');
    if (colon > 0) {
      words.add(1, words.get(0).substring(colon + 1));
      words.set(0, words.get(0).substring(0, colon));
    }
    return words;
  }
}
