// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.gogo;

import dev.banger.command.Console;
import java.util.List;

/** Interprets lines of a shell language in which all commands of the platform can be called. */
public interface LineInterpreter {
  /**
   * Opens a session for a person.
   *
   * @param console where its commands read and write
   */
  Session open(Console console);

  /** Lines of one person, with their variables. */
  interface Session extends AutoCloseable {
    /**
     * Interprets one line; what it evaluates to is printed.
     *
     * @throws Exception what a command threw, or what is wrong with the line
     */
    void execute(String line) throws Exception;

    /** The names of all commands, with and without their scopes. */
    List<String> commands();

    @Override
    void close();
  }
}
