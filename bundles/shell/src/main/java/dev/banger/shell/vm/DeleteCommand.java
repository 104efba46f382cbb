// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.operation.Operation;
import dev.banger.shell.output.Output;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import dev.banger.vm.VmState;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "delete",
    aliases = "rm",
    sortOptions = false,
    description = {
      "Delete VMs and every trace of them; a running one is ended. There is no way back and no"
          + " question. Prints the name of each."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  banger vm delete web db", "  banger vm rm $(banger vm list -q)   # all of them"})
final class DeleteCommand extends LifecycleCommand {
  private final VmService vms;

  @Option(
      names = "--abandon",
      description =
          "Give up what capabilities made on the host for these VMs that are not installed any more.")
  private boolean abandon;

  DeleteCommand(VmService vms, Targets targets, Output output, VmNames names) {
    super(targets, output, names::all);
    this.vms = vms;
  }

  @Override
  void serve(Vm vm, Operation operation) {
    if (abandon && vm.state() != VmState.RUNNING) {
      Vm unused = vms.abandon(vm.id(), operation);
    }
    vms.delete(vm.id(), operation);
  }
}
