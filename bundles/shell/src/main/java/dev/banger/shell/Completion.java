// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import dev.banger.command.CommandContributor;
import dev.banger.operation.Operation;
import dev.banger.shell.grammar.CompletesNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** What may stand at a place of a command line. Never fails: in doubt it proposes nothing. */
final class Completion {
  private static final Logger LOG = LoggerFactory.getLogger(Completion.class);

  private final List<CommandContributor> contributors;
  private final Operation operation;

  Completion(List<CommandContributor> contributors, Operation operation) {
    this.contributors = contributors;
    this.operation = operation;
  }

  List<String> candidates(List<String> words, int index) {
    if (index < 0 || index > words.size()) {
      return List.of();
    }
    String word = index == words.size() ? "" : words.get(index);
    try {
      return proposals(words.subList(0, index), word)
          .filter(each -> each.startsWith(word))
          .distinct()
          .sorted()
          .toList();
    } catch (RuntimeException e) {
      LOG.debug("nothing to complete {} with", words, e);
      return List.of();
    }
  }

  private Stream<String> proposals(List<String> before, String word) {
    if (before.isEmpty()) {
      return word.startsWith("-")
          ? Stream.of("--help", "--version")
          : Stream.concat(Stream.of("help"), contributors.stream().map(CommandContributor::name));
    }
    if (before.get(0).equals("help")) {
      return word.startsWith("-")
          ? Stream.empty()
          : proposals(before.subList(1, before.size()), word)
              .filter(each -> !each.startsWith("-") && !each.equals("help"));
    }
    if (before.contains("--")) {
      return Stream.empty();
    }
    Optional<CommandContributor> contributor =
        contributors.stream().filter(each -> each.name().equals(before.get(0))).findFirst();
    return contributor.stream().flatMap(each -> within(each, before, word));
  }

  private Stream<String> within(CommandContributor contributor, List<String> before, String word) {
    CommandSpec root =
        CommandTree.branch(contributor, before, DetachedConsole.silent(operation)).getCommandSpec();
    Place place = new Place(root.subcommands().get(before.get(0)).getCommandSpec());
    before.subList(1, before.size()).forEach(place::pass);
    return place.proposals(word);
  }

  /** How far a command line has been understood. */
  private static final class Place {
    private CommandSpec command;
    private OptionSpec awaitingValue;
    private final List<OptionSpec> options = new ArrayList<>();
    private final List<String> parameters = new ArrayList<>();

    Place(CommandSpec command) {
      this.command = command;
    }

    void pass(String word) {
      if (awaitingValue != null) {
        awaitingValue = null;
      } else if (word.startsWith("-")) {
        passOption(word);
      } else if (parameters.isEmpty() && command.subcommands().containsKey(word)) {
        command = command.subcommands().get(word).getCommandSpec();
      } else {
        parameters.add(word);
      }
    }

    private void passOption(String word) {
      int equals = word.indexOf('=');
      OptionSpec option = command.findOption(equals < 0 ? word : word.substring(0, equals));
      if (option != null) {
        options.add(option);
        awaitingValue = equals < 0 && option.arity().max() > 0 ? option : null;
      }
    }

    Stream<String> proposals(String word) {
      if (awaitingValue != null) {
        return values(awaitingValue);
      }
      int equals = word.indexOf('=');
      if (word.startsWith("--") && equals > 0) {
        OptionSpec option = command.findOption(word.substring(0, equals));
        return option == null
            ? Stream.empty()
            : values(option).map(each -> word.substring(0, equals + 1) + each);
      }
      if (word.startsWith("-")) {
        return command.options().stream()
            .filter(each -> !each.hidden() && (each.isMultiValue() || !options.contains(each)))
            .map(OptionSpec::longestName);
      }
      return Stream.concat(subcommands(), parameter());
    }

    private Stream<String> subcommands() {
      return parameters.isEmpty()
          ? command.subcommands().values().stream()
              .filter(each -> !each.getCommandSpec().usageMessage().hidden())
              .map(each -> each.getCommandSpec().name())
          : Stream.empty();
    }

    private Stream<String> parameter() {
      for (PositionalParamSpec each : command.positionalParameters()) {
        if (each.index().contains(parameters.size())) {
          return values(each).filter(name -> !parameters.contains(name));
        }
      }
      return Stream.empty();
    }

    private Stream<String> values(ArgSpec argument) {
      if (argument.completionCandidates() != null) {
        return StreamSupport.stream(argument.completionCandidates().spliterator(), false);
      }
      return command.userObject() instanceof CompletesNames known
          ? known.names(argument.paramLabel()).stream()
          : Stream.empty();
    }
  }
}
