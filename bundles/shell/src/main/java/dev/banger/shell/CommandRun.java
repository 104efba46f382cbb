// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import dev.banger.command.CommandContributor;
import dev.banger.command.Console;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.shell.grammar.TakesCommand;
import dev.banger.shell.grammar.UsageException;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.Plain;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** One command line being run. */
final class CommandRun {
  private static final int WRONG_USAGE = 2;
  private static final Logger LOG = LoggerFactory.getLogger(CommandRun.class);

  private final Output output;
  private final Console console;

  CommandRun(Console console) {
    this.console = console;
    this.output = new Output(console, null);
  }

  int run(CommandContributor contributor, List<String> words) {
    CommandLine tree = CommandTree.branch(contributor, words, console);
    try {
      ParseResult leaf = parse(tree, words);
      CommandLine command = leaf.commandSpec().commandLine();
      if (leaf.isUsageHelpRequested() || !(command.getCommand() instanceof Callable<?> callable)) {
        output.print(command.getUsageMessage(ansi()));
        return 0;
      }
      return call(callable, command);
    } catch (ParameterException e) {
      return wrongUsage(message(e), e.getCommandLine());
    }
  }

  private static ParseResult parse(CommandLine tree, List<String> words) {
    int dashes = words.indexOf("--");
    if (dashes >= 0) {
      ParseResult leaf = leaf(tree.parseArgs(words.subList(0, dashes).toArray(String[]::new)));
      if (leaf.isUsageHelpRequested()) {
        return leaf;
      }
      if (leaf.commandSpec().userObject() instanceof TakesCommand takes) {
        takes.command(words.subList(dashes + 1, words.size()));
        return leaf;
      }
    }
    return leaf(tree.parseArgs(words.toArray(String[]::new)));
  }

  private static ParseResult leaf(ParseResult root) {
    ParseResult leaf = root;
    while (leaf.hasSubcommand() && !leaf.isUsageHelpRequested()) {
      leaf = leaf.subcommand();
    }
    return leaf;
  }

  private int call(Callable<?> callable, CommandLine command) {
    try {
      return callable.call() instanceof Integer status ? status : 0;
    } catch (UsageException e) {
      return wrongUsage(e.getMessage(), command);
    } catch (BangerException e) {
      throw e;
    } catch (ParameterException e) {
      return wrongUsage(e.getMessage(), e.getCommandLine());
    } catch (Exception e) {
      LOG.error("the command {} failed", command.getCommandSpec().qualifiedName(), e);
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          "'" + command.getCommandSpec().qualifiedName() + "' failed: " + e,
          e);
    }
  }

  private int wrongUsage(String message, CommandLine command) {
    output.note("banger: " + Plain.oneLine(message));
    output.note("see '" + command.getCommandSpec().qualifiedName() + " --help'");
    return WRONG_USAGE;
  }

  private static String message(ParameterException e) {
    if (e instanceof UnmatchedArgumentException unmatched) {
      return unmatched(unmatched);
    }
    String message = e.getMessage();
    return message.substring(0, 1).toLowerCase(Locale.ROOT) + message.substring(1);
  }

  private static String unmatched(UnmatchedArgumentException e) {
    String word = e.getUnmatched().get(0);
    CommandLine command = e.getCommandLine();
    String path = command.getCommandSpec().qualifiedName();
    StringBuilder message = new StringBuilder();
    if (word.startsWith("-")) {
      message.append("'").append(path).append("' has no option '").append(word).append("'");
      if (command.getCommand() instanceof TakesCommand) {
        message.append("; options of the command to run stand after '--'");
      }
    } else if (!command.getSubcommands().isEmpty()) {
      message.append("'").append(path).append("' has no command '").append(word).append("'");
    } else {
      message.append("'").append(path).append("' takes no '").append(word).append("'");
    }
    List<String> near = e.getSuggestions();
    if (!near.isEmpty() && word.startsWith("-") || !command.getSubcommands().isEmpty()) {
      message.append(near.isEmpty() ? "" : "; near: " + String.join(", ", near));
    }
    return message.toString();
  }

  private Ansi ansi() {
    return output.colours() ? Ansi.ON : Ansi.OFF;
  }
}
