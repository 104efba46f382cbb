// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import dev.banger.command.CommandContributor;
import dev.banger.command.CommandService;
import dev.banger.command.Console;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.plugin.PluginService;
import dev.banger.shell.gogo.LineInterpreter;
import dev.banger.shell.interactive.ShellCommand;
import dev.banger.shell.output.Output;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;

/** Runs the commands that bundles contribute, and the few that are about commands. */
@Component
public final class ContributedCommands implements CommandService {
  // While a service they need is being updated, these are absent for a moment only.
  private static final Set<String> EXPECTED =
      Set.of(
          "vm",
          "ps",
          "image",
          "kernel",
          "doctor",
          "config",
          "daemon",
          "events",
          "operation",
          "plugin",
          "update",
          "version");
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final SteadyServices services;
  private final RunningCommands running;
  private volatile boolean withdrawn;

  @Reference(
      cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  private volatile List<CommandContributor> contributors = List.of();

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  private volatile LineInterpreter gogo;

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  volatile PluginService plugins;

  @Activate
  public ContributedCommands(
      @Reference SteadyServices services, @Reference RunningCommands running) {
    this.services = services;
    this.running = running;
  }

  ContributedCommands(SteadyServices services, List<CommandContributor> contributors) {
    this(services, new RunningCommands(() -> {}));
    this.contributors = contributors;
  }

  @Deactivate
  void withdraw() {
    withdrawn = true;
    running.withdrawn();
  }

  @Override
  public int run(List<String> argv, Console console) {
    try (RunningCommands.Entered ignored = running.enter()) {
      return runCounted(List.copyOf(argv), console);
    }
  }

  private int runCounted(List<String> words, Console console) {
    if (words.isEmpty()) {
      return overview(console);
    }
    return switch (words.get(0)) {
      case "-h", "--help" -> overview(console);
      case "-V", "--version" -> runCounted(List.of("version", "--short"), console);
      case "help" -> help(words.subList(1, words.size()), console);
      case "__complete" -> answerCompletion(words, console);
      default -> contributed(words, console);
    };
  }

  @Override
  public List<String> complete(List<String> words, int index, Operation operation) {
    awaitPlugins(operation);
    return new Completion(all(), operation).candidates(words, index);
  }

  private int overview(Console console) {
    awaitPlugins(console.operation());
    new Output(console, null).print(Overview.text(all(), console));
    return 0;
  }

  private int help(List<String> path, Console console) {
    if (path.isEmpty() || path.get(0).startsWith("-")) {
      return overview(console);
    }
    List<String> words = new ArrayList<>(path);
    words.add("--help");
    return contributed(words, console);
  }

  private int answerCompletion(List<String> words, Console console) {
    List<String> candidates = List.of();
    try {
      int index = Integer.parseInt(words.get(1));
      candidates = complete(words.subList(2, words.size()), index, console.operation());
    } catch (NumberFormatException | IndexOutOfBoundsException e) {
      // Asked wrongly, by a script: there is nothing to propose and nobody to tell.
    }
    new Output(console, null)
        .print(String.join("", candidates.stream().map(each -> each + "\n").toList()));
    return 0;
  }

  private int contributed(List<String> words, Console console) {
    Optional<CommandContributor> contributor = find(words.get(0));
    if (contributor.isEmpty() && EXPECTED.contains(words.get(0))) {
      contributor = awaitContributor(words.get(0), console.operation());
    } else if (contributor.isEmpty()) {
      awaitPlugins(console.operation());
      contributor = find(words.get(0));
    }
    if (contributor.isEmpty() && withdrawn) {
      throw new BangerException(
          ErrorCode.UPDATING,
          "the commands were updated: give this one again; leave 'banger shell' and start it again");
    }
    if (contributor.isEmpty()) {
      Output output = new Output(console, null);
      output.note("banger: there is no command '" + words.get(0) + "'");
      output.note("see 'banger --help'");
      return 2;
    }
    return new CommandRun(console).run(contributor.get(), words);
  }

  /** Those of plugins come last when the daemon starts. */
  private void awaitPlugins(Operation operation) {
    PluginService present = plugins;
    if (present != null) {
      present.awaitInitial(operation);
    }
  }

  /** Empty when these commands have been withdrawn: none comes to them any more. */
  private Optional<CommandContributor> awaitContributor(String name, Operation operation) {
    try {
      operation
          .within(PATIENCE)
          .await(() -> withdrawn || find(name).isPresent(), Duration.ofMillis(20));
    } catch (BangerException e) {
      operation.check();
    }
    Optional<CommandContributor> found = find(name);
    if (found.isPresent() || withdrawn) {
      return found;
    }
    throw new BangerException(
        ErrorCode.UNAVAILABLE,
        "'banger "
            + name
            + "' is not available: a service that it needs is not running; try again,"
            + " and look into the daemon's log if that does not help");
  }

  private Optional<CommandContributor> find(String name) {
    return all().stream().filter(each -> each.name().equals(name)).findFirst();
  }

  private List<CommandContributor> all() {
    List<CommandContributor> all = new ArrayList<>(contributors);
    all.add(new CompletionContributor());
    all.add(new ShellContributor(this::shell));
    return all;
  }

  private ShellCommand shell(Console console) {
    return new ShellCommand(this, gogo, services.directories(), console);
  }
}
