// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.doctor.Finding.Status;
import dev.banger.guest.GuestService;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.output.Findings;
import dev.banger.shell.output.Output;
import dev.banger.vm.VmService;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "health",
    sortOptions = false,
    description = {
      "Look at VMs layer by layer: the process, the agent, the ssh server, free disk space, free"
          + " memory; and say what to do.",
      "Exit status 1 when a layer says FAIL."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger vm health web",
      "  banger vm health web db --json | jq -r '.[] | select(.status != \"pass\") | .vm_name'"
    })
final class HealthCommand implements Callable<Integer>, CompletesNames {
  private final HealthExamination examination;
  private final Targets targets;
  private final Output output;
  private final VmNames names;

  @Parameters(
      paramLabel = "<vm>",
      arity = "1..*",
      description = "The VMs: ids, names or unambiguous prefixes.")
  private List<String> references;

  @Option(names = "--json", description = "Print an array of records as JSON.")
  private boolean json;

  HealthCommand(VmService vms, GuestService guests, Targets targets, Output output, VmNames names) {
    this.examination = new HealthExamination(vms, guests);
    this.targets = targets;
    this.output = output;
    this.names = names;
  }

  @Override
  public Integer call() {
    List<VmHealth> all = new ArrayList<>();
    int status =
        targets.serve(references, vm -> examination.examine(vm, output.operation()), all::add);
    if (json) {
      output.json(all);
    } else {
      output.print(text(all));
    }
    return all.stream().anyMatch(each -> each.status() == Status.FAIL) ? 1 : status;
  }

  private String text(List<VmHealth> all) {
    StringBuilder text = new StringBuilder();
    for (VmHealth each : all) {
      if (references.size() > 1) {
        text.append(text.length() == 0 ? "" : "\n").append(each.vmName()).append(":\n");
      }
      text.append(Findings.text(each.findings(), output.colours()));
    }
    return text.toString();
  }

  @Override
  public List<String> names(String paramLabel) {
    return paramLabel.equals("<vm>") ? names.all() : List.of();
  }
}
