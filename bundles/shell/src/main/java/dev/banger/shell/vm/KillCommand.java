// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.operation.Operation;
import dev.banger.shell.grammar.SignalOption;
import dev.banger.shell.output.Output;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "kill",
    sortOptions = false,
    description = {
      "Send a signal to the process that runs a VM, for VMs whose stop hangs. After KILL or TERM it"
          + " is stopped; what the guest had not written is lost. Prints the name of each."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  banger vm kill web", "  banger vm kill --signal TERM web"})
final class KillCommand extends LifecycleCommand {
  private final VmService vms;

  @Option(
      names = {"-s", "--signal"},
      paramLabel = "<signal>",
      defaultValue = "KILL",
      converter = SignalOption.class,
      completionCandidates = SignalOption.Names.class,
      description =
          "One of ${COMPLETION-CANDIDATES}, with SIG or without, or its number; ${DEFAULT-VALUE}"
              + " without it.")
  private String signal;

  KillCommand(VmService vms, Targets targets, Output output, VmNames names) {
    super(targets, output, names::running);
    this.vms = vms;
  }

  @Override
  void serve(Vm vm, Operation operation) {
    vms.kill(vm.id(), signal, operation);
  }
}
