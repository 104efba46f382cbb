// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.grammar.Sizes;
import dev.banger.shell.output.Details;
import dev.banger.shell.output.Output;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "show",
    sortOptions = false,
    description = "Show all that is known of a VM: size, image, network, files, process.",
    footerHeading = "%nExamples:%n",
    footer = {"  banger vm show web", "  banger vm show web --json | jq -r .files.console_log"})
final class ShowCommand implements Callable<Integer>, CompletesNames {
  private final VmService vms;
  private final Output output;
  private final VmNames names;

  @Parameters(paramLabel = "<vm>", description = "The VM: id, name or unambiguous prefix.")
  private String reference;

  @Option(names = "--json", description = "Print the record as JSON.")
  private boolean json;

  ShowCommand(VmService vms, Output output, VmNames names) {
    this.vms = vms;
    this.output = output;
    this.names = names;
  }

  @Override
  public Integer call() {
    Vm vm = vms.find(reference);
    if (json) {
      output.json(vm);
    } else {
      output.print(details(vm).text());
    }
    return 0;
  }

  private static Details details(Vm vm) {
    Details details =
        new Details()
            .add("id", vm.id())
            .add("name", vm.name())
            .add("state", vm.state().name().toLowerCase(Locale.ROOT))
            .add("last error", vm.lastError())
            .add("vcpu", vm.spec().vcpus())
            .add("memory", vm.spec().memoryMib() + " MiB")
            .add("disk", Sizes.format(vm.spec().diskBytes()))
            .add("image", vm.imageName() + " (" + vm.imageId() + ")")
            .add("kernel", vm.kernel())
            .add("hypervisor", vm.hypervisor())
            .add("capabilities", String.join(", ", vm.capabilities()))
            .add("created", vm.createdAt())
            .add("started", vm.startedAt());
    if (vm.network() != null) {
      details
          .add("address", vm.network().address())
          .add("mac address", vm.network().macAddress())
          .add("ssh", ListCommand.ssh(vm.network()));
    }
    if (vm.machine() != null) {
      details
          .add("pid", vm.machine().pid())
          .add("accelerator", vm.machine().accelerator())
          .add("control socket", vm.machine().controlSocket());
    }
    return details
        .add("directory", vm.files().directory())
        .add("root disk", vm.files().rootDisk())
        .add("console log", vm.files().consoleLog());
  }

  @Override
  public List<String> names(String paramLabel) {
    return names.all();
  }
}
