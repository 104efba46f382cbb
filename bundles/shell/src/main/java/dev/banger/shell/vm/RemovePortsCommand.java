// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.grammar.CountOption;
import dev.banger.shell.output.Output;
import dev.banger.vm.ChangeVm;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "remove",
    sortOptions = false,
    description = {
      "Withdraw published ports of a VM, of a running one at once.",
      "Prints all ports that the VM then publishes, as ADDRESS:HOSTPORT:GUESTPORT."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  banger vm ports remove web 8080"})
final class RemovePortsCommand implements Callable<Integer>, CompletesNames {
  private final VmService vms;
  private final Output output;
  private final VmNames names;

  @Parameters(
      index = "0",
      paramLabel = "<vm>",
      description = "The VM: id, name or unambiguous prefix.")
  private String reference;

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "<host port>",
      converter = CountOption.class,
      description = "Ports of the host; one that is not published is passed over.")
  private List<Integer> ports;

  @Option(names = "--json", description = "Print the VM's record as JSON.")
  private boolean json;

  RemovePortsCommand(VmService vms, Output output, VmNames names) {
    this.vms = vms;
    this.output = output;
    this.names = names;
  }

  @Override
  public Integer call() {
    ChangeVm change = ChangeVm.builder().removedPorts(ports).build();
    Vm vm = vms.set(reference, change, output.operation());
    if (json) {
      output.json(vm);
    } else {
      vm.ports().forEach(port -> output.line(port.toString()));
    }
    return 0;
  }

  @Override
  public List<String> names(String paramLabel) {
    return paramLabel.equals("<vm>") ? names.all() : List.of();
  }
}
