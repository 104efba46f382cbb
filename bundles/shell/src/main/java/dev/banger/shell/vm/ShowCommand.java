// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.capability.CapabilityService;
import dev.banger.capability.InstalledCapability;
import dev.banger.hypervisor.PortForward;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.grammar.Durations;
import dev.banger.shell.grammar.Sizes;
import dev.banger.shell.output.Details;
import dev.banger.shell.output.Output;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
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
  private final CapabilityService capabilities;

  @Parameters(paramLabel = "<vm>", description = "The VM: id, name or unambiguous prefix.")
  private String reference;

  @Option(names = "--json", description = "Print the record as JSON.")
  private boolean json;

  ShowCommand(VmService vms, CapabilityService capabilities, Output output, VmNames names) {
    this.capabilities = capabilities;
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

  private Details details(Vm vm) {
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
            .add("capabilities", capabilities(vm))
            .add("labels", Labels.text(vm.labels()))
            .add("created", vm.createdAt())
            .add("started", vm.startedAt())
            .add("last used", vm.lastUsedAt())
            .add("expires", vm.lifetime().expiresAt())
            .add("idle stop", idleStop(vm));
    if (vm.network() != null) {
      details
          .add("address", vm.network().address())
          .add("mac address", vm.network().macAddress())
          .add("ssh", ListCommand.ssh(vm.network()))
          .add("ports", ports(vm));
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
        .add("work disk", workDisk(vm))
        .add("console log", vm.files().consoleLog());
  }

  private String capabilities(Vm vm) {
    Set<String> present =
        capabilities.list().stream().map(InstalledCapability::name).collect(Collectors.toSet());
    return vm.capabilities().stream()
        .map(name -> present.contains(name) ? name : name + " (not installed; owes its clean-up)")
        .collect(Collectors.joining(", "));
  }

  private static String ports(Vm vm) {
    return vm.ports().stream().map(PortForward::toString).collect(Collectors.joining(", "));
  }

  private static String idleStop(Vm vm) {
    Duration limit = vm.lifetime().idleStop();
    return limit == null ? null : Durations.format(limit);
  }

  private static String workDisk(Vm vm) {
    Path disk = vm.files().workDisk();
    return disk == null ? null : disk + " (" + Sizes.format(vm.spec().workDiskBytes()) + ")";
  }

  @Override
  public List<String> names(String paramLabel) {
    return names.all();
  }
}
