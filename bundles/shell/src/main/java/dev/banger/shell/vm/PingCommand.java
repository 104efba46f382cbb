// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.guest.GuestService;
import dev.banger.operation.Operation;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.grammar.CountOption;
import dev.banger.shell.output.Output;
import dev.banger.vm.Vm;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "ping",
    sortOptions = false,
    description = {
      "Print the time that the agents in running VMs take to answer.",
      "Exit status 1 when one does not."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  banger vm ping web db", "  banger vm ping -c 5 web"})
final class PingCommand implements Callable<Integer>, CompletesNames {
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final AgentPing agents;
  private final Targets targets;
  private final Output output;
  private final VmNames names;

  @Parameters(paramLabel = "<vm>", arity = "1..*", description = "Running VMs.")
  private List<String> references;

  @Option(
      names = {"-c", "--count"},
      paramLabel = "<count>",
      converter = CountOption.class,
      defaultValue = "1",
      description = "Ask so many times, a second apart. Default: ${DEFAULT-VALUE}.")
  private int count;

  PingCommand(GuestService guests, Targets targets, Output output, VmNames names) {
    this.agents = new AgentPing(guests);
    this.targets = targets;
    this.output = output;
    this.names = names;
  }

  @Override
  public Integer call() {
    Operation operation = output.operation();
    int status = 0;
    for (int i = 0; i < count; i++) {
      if (i > 0) {
        operation.pause(PAUSE);
        operation.check();
      }
      status = Math.max(status, targets.serve(references, this::answer, output::line));
    }
    return status;
  }

  private String answer(Vm vm) {
    return vm.name() + ": " + agents.roundTrip(vm, output.operation());
  }

  @Override
  public List<String> names(String paramLabel) {
    return paramLabel.equals("<vm>") ? names.running() : List.of();
  }
}
