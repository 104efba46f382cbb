// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.operation.Operation;
import dev.banger.shell.output.Output;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import picocli.CommandLine.Command;

@Command(
    name = "touch",
    sortOptions = false,
    description = {
      "Take VMs as used just now: --idle-stop and 'banger vm prune --unused' count from here."
          + " Prints the name of each."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  banger vm touch web db"})
final class TouchCommand extends LifecycleCommand {
  private final VmService vms;

  TouchCommand(VmService vms, Targets targets, Output output, VmNames names) {
    super(targets, output, names::all);
    this.vms = vms;
  }

  @Override
  void serve(Vm vm, Operation operation) {
    vms.touch(vm.id(), operation);
  }
}
