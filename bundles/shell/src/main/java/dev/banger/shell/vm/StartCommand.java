// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.operation.Operation;
import dev.banger.shell.host.FirstUse;
import dev.banger.shell.output.Output;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import picocli.CommandLine.Command;

@Command(
    name = "start",
    sortOptions = false,
    description = {
      "Start VMs and wait until their guests answer. One that runs is left as it is.",
      "Prints the name of each."
    },
    footerHeading = "%nExamples:%n",
    footer = "  banger vm start web db")
final class StartCommand extends LifecycleCommand {
  private final VmService vms;
  private final FirstUse firstUse;

  StartCommand(VmService vms, Targets targets, Output output, VmNames names, FirstUse firstUse) {
    super(targets, output, names::startable);
    this.vms = vms;
    this.firstUse = firstUse;
  }

  @Override
  void prepare(Output output) {
    firstUse.makeFit(output);
  }

  @Override
  void serve(Vm vm, Operation operation) {
    firstUse.watch(() -> vms.start(vm.id(), operation));
  }
}
