// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.grammar.PublishOption;
import dev.banger.shell.output.Output;
import dev.banger.vm.ChangeVm;
import dev.banger.vm.PublishPort;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "add",
    sortOptions = false,
    description = {
      "Publish TCP ports of a VM on the host, of a running one at once.",
      "Prints all ports that the VM then publishes, as ADDRESS:HOSTPORT:GUESTPORT."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger vm ports add web 8080:80 5432",
      "  banger vm ports add web 0.0.0.0:443:443"
    })
final class AddPortsCommand implements Callable<Integer>, CompletesNames {
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
      paramLabel = "<port>",
      converter = PublishOption.class,
      description =
          "[[ADDRESS:]HOSTPORT:]GUESTPORT: on 127.0.0.1 without an address; without HOSTPORT, or"
              + " with 0, on a free port.")
  private List<PublishPort> ports;

  @Option(names = "--json", description = "Print the VM's record as JSON.")
  private boolean json;

  AddPortsCommand(VmService vms, Output output, VmNames names) {
    this.vms = vms;
    this.output = output;
    this.names = names;
  }

  @Override
  public Integer call() {
    ChangeVm change = ChangeVm.builder().addedPorts(ports).build();
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
