// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.shell.grammar.LabelOption;
import dev.banger.shell.grammar.Sizes;
import dev.banger.shell.grammar.StateOption;
import dev.banger.shell.output.Ages;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.Table;
import dev.banger.vm.Vm;
import dev.banger.vm.VmNetwork;
import dev.banger.vm.VmService;
import dev.banger.vm.VmState;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "list",
    aliases = "ls",
    sortOptions = false,
    description = {
      "List all VMs, running or not, oldest first.",
      "'banger vm list' and 'banger ps' are the same."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger vm list",
      "  banger vm list -q                # one id a line",
      "  banger vm list --state running --label team=blue",
      "  banger vm list --json | jq -r '.[] | select(.state == \"running\") | .name'"
    })
final class ListCommand implements Callable<Integer> {
  private final VmService vms;
  private final Output output;
  private final InstantSource clock;

  @Option(
      names = {"-q", "--quiet"},
      description = "Print only the ids.")
  private boolean quiet;

  @Option(
      names = "--label",
      paramLabel = "<key=value>",
      converter = LabelOption.class,
      description = "Only VMs with this label; may be repeated: with all of them.")
  private List<Map.Entry<String, String>> labels = new ArrayList<>();

  @Option(
      names = "--state",
      paramLabel = "<state>",
      converter = StateOption.class,
      completionCandidates = StateOption.Names.class,
      description = "Only VMs in this state: ${COMPLETION-CANDIDATES}.")
  private VmState state;

  @Option(names = "--json", description = "Print an array of records as JSON.")
  private boolean json;

  ListCommand(VmService vms, Output output, InstantSource clock) {
    this.vms = vms;
    this.output = output;
    this.clock = clock;
  }

  @Override
  public Integer call() {
    List<Vm> all = vms.list().stream().filter(this::wanted).toList();
    if (json) {
      output.json(all);
    } else if (quiet) {
      output.print(String.join("", all.stream().map(vm -> vm.id() + "\n").toList()));
    } else {
      output.table(table(all, clock.instant()));
    }
    return 0;
  }

  private boolean wanted(Vm vm) {
    return (state == null || vm.state() == state) && Labels.has(vm, labels);
  }

  private static Table table(List<Vm> all, Instant now) {
    Table table =
        new Table("ID", "NAME", "STATE", "IMAGE", "VCPU", "MEM", "DISK", "SSH", "CREATED");
    for (Vm vm : all) {
      table.row(
          vm.id(),
          vm.name(),
          vm.state().name().toLowerCase(Locale.ROOT),
          vm.imageName(),
          vm.spec().vcpus(),
          vm.spec().memoryMib() + " MiB",
          Sizes.format(vm.spec().diskBytes()),
          ssh(vm.network()),
          Ages.ago(vm.createdAt(), now));
    }
    return table;
  }

  static String ssh(VmNetwork network) {
    return network == null || network.sshHost() == null
        ? null
        : network.sshHost() + ":" + network.sshPort();
  }
}
