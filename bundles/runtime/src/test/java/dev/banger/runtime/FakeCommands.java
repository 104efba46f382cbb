// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.command.CommandService;
import dev.banger.command.Console;
import dev.banger.operation.Operation;
import java.util.List;

/** Commands that a test gives. */
final class FakeCommands implements CommandService {
  /** What a command line does. */
  @FunctionalInterface
  interface Command {
    int run(List<String> argv, Console console) throws Exception;
  }

  private final Command command;

  FakeCommands(Command command) {
    this.command = command;
  }

  @Override
  public int run(List<String> argv, Console console) {
    try {
      return command.run(argv, console);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public List<String> complete(List<String> words, int index, Operation operation) {
    return List.of("completed-" + index);
  }
}
