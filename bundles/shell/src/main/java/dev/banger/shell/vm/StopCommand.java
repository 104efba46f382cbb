// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.operation.Operation;
import dev.banger.shell.grammar.UsageException;
import dev.banger.shell.output.Output;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "stop",
    sortOptions = false,
    description = {
      "Stop VMs without loss of data: the guest powers off, by force after --grace.",
      "One that does not run is left as it is. Prints the name of each."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  banger vm stop web db", "  banger vm stop --grace 5 web"})
final class StopCommand extends LifecycleCommand {
  private final VmService vms;

  @Option(
      names = "--grace",
      paramLabel = "<seconds>",
      defaultValue = "30",
      description = "How long the guest may take to power off: ${DEFAULT-VALUE} seconds.")
  private int seconds;

  StopCommand(VmService vms, Targets targets, Output output, VmNames names) {
    super(targets, output, names::running);
    this.vms = vms;
  }

  @Override
  void prepare(Output output) {
    if (seconds < 0) {
      throw new UsageException("--grace cannot be negative");
    }
  }

  @Override
  void serve(Vm vm, Operation operation) {
    vms.stop(vm.id(), Duration.ofSeconds(seconds), operation);
  }
}
