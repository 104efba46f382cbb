// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import dev.banger.command.CommandContributor;
import dev.banger.command.Console;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.TerminalSize;
import dev.banger.shell.grammar.CommandGroup;
import dev.banger.shell.grammar.TakesCommand;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.PicocliException;

/** Builds the part of the command tree that a command line needs, and no more. */
final class CommandTree {
  private static final int NARROWEST_HELP = 60;
  private static final int WIDEST_HELP = 100;

  private CommandTree() {}

  /**
   * The tree with one contributed command.
   *
   * @param words the command line, whose first word names it
   */
  static CommandLine branch(CommandContributor contributor, List<String> words, Console console) {
    CommandSpec root = CommandSpec.create().name("banger");
    try {
      root.addSubcommand(contributor.name(), commandLine(contributor, words, console));
    } catch (PicocliException e) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          "the bundle that contributes '"
              + contributor.name()
              + "' describes it wrongly: "
              + e.getMessage(),
          e);
    }
    equip(root);
    CommandLine tree = new CommandLine(root);
    // A leading @ must not make the daemon read a file on the person's behalf.
    tree.setExpandAtFiles(false);
    tree.setCaseInsensitiveEnumValuesAllowed(true);
    tree.setUsageHelpLongOptionsMaxWidth(28);
    tree.setUsageHelpWidth(helpWidth(console));
    return tree;
  }

  private static CommandLine commandLine(
      CommandContributor contributor, List<String> words, Console console) {
    Object command = contributor.command(console);
    CommandLine line = new CommandLine(command);
    line.setCommandName(contributor.name());
    if (command instanceof CommandGroup group) {
      Optional<CommandGroup.Subcommand> wanted =
          words.size() > 1 ? group.find(words.get(1)) : Optional.empty();
      for (CommandGroup.Subcommand each : wanted.map(List::of).orElseGet(group::subcommands)) {
        line.addSubcommand(
            each.name(),
            withSubcommands(each.command().get()),
            each.aliases().toArray(String[]::new));
      }
    }
    return line;
  }

  /** A command that may be a group within a group. */
  private static CommandLine withSubcommands(Object command) {
    CommandLine line = new CommandLine(command);
    if (command instanceof CommandGroup group) {
      for (CommandGroup.Subcommand each : group.subcommands()) {
        line.addSubcommand(
            each.name(),
            withSubcommands(each.command().get()),
            each.aliases().toArray(String[]::new));
      }
    }
    return line;
  }

  private static void equip(CommandSpec spec) {
    if (spec.findOption("--help") == null) {
      OptionSpec.Builder help =
          spec.findOption("-h") == null
              ? OptionSpec.builder("-h", "--help")
              : OptionSpec.builder("--help");
      spec.addOption(help.usageHelp(true).description("Show this help.").build());
    }
    if (spec.userObject() instanceof TakesCommand takes && takes.commandWithoutDashes()) {
      spec.parser().stopAtPositional(true);
    }
    for (CommandLine subcommand : spec.subcommands().values()) {
      if (subcommand.getCommandSpec().findOption("--help") == null) {
        equip(subcommand.getCommandSpec());
      }
    }
  }

  static int helpWidth(Console console) {
    int columns = console.terminalSize().map(TerminalSize::columns).orElse(WIDEST_HELP);
    return Math.max(NARROWEST_HELP, Math.min(WIDEST_HELP, columns));
  }
}
