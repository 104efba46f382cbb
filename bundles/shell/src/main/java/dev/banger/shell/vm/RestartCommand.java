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
    name = "restart",
    sortOptions = false,
    description = {
      "Stop VMs as with 'banger vm stop' and start them again. Prints the name of each."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  banger vm restart web"})
final class RestartCommand extends LifecycleCommand {
  private final VmService vms;

  @Option(
      names = "--grace",
      paramLabel = "<seconds>",
      defaultValue = "30",
      description = "How long the guest may take to power off: ${DEFAULT-VALUE} seconds.")
  private int seconds;

  RestartCommand(VmService vms, Targets targets, Output output, VmNames names) {
    super(targets, output, names::all);
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
    vms.restart(vm.id(), Duration.ofSeconds(seconds), operation);
  }
}
