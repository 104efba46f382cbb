// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.output;

import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;

/** A question that a person answers with yes or no. */
public final class Question {
  private static final int LONGEST_ANSWER = 100;

  private final Output output;

  public Question(Output output) {
    this.output = output;
  }

  /** Whether a person is there to be asked. */
  public boolean canBeAsked() {
    return output.console().stdinIsTerminal() && output.console().stderrIsTerminal();
  }

  /**
   * Asks.
   *
   * @param otherwise what an empty answer means
   */
  public boolean saidYes(String text, boolean otherwise) {
    output.ask(text + (otherwise ? " [Y/n] " : " [y/N] "));
    String answer = answer().strip().toLowerCase(Locale.ROOT);
    return answer.isEmpty() ? otherwise : answer.equals("y") || answer.equals("yes");
  }

  // Not a byte more than the line: what follows belongs to the command.
  private String answer() {
    StringBuilder answer = new StringBuilder();
    try {
      InputStream stdin = output.console().stdin();
      for (int c = stdin.read(); c != '\n' && c != '\r'; c = stdin.read()) {
        if (c < 0) {
          return "no";
        }
        if (answer.length() < LONGEST_ANSWER) {
          answer.append((char) c);
        }
      }
    } catch (IOException e) {
      return "no";
    }
    return answer.toString();
  }
}
