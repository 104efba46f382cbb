// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import dev.banger.command.CommandContributor;
import dev.banger.operation.Operation;
import dev.banger.shell.grammar.CommandGroup;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;

/** The names that a contributed command answers to. */
public final class CommandNames {
  private static final Logger LOG = LoggerFactory.getLogger(CommandNames.class);

  private CommandNames() {}

  /** The names of its subcommands, aliases included; empty when it has none. */
  public static List<String> subcommands(CommandContributor contributor) {
    try {
      Object command = contributor.command(DetachedConsole.silent(Operation.background()));
      return command instanceof CommandGroup group
          ? group.names()
          : List.copyOf(new CommandLine(command).getSubcommands().keySet());
    } catch (RuntimeException e) {
      LOG.warn("the subcommands of '{}' cannot be told", contributor.name(), e);
      return List.of();
    }
  }
}
