// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.error.BangerException;
import dev.banger.operation.Operation;
import dev.banger.shell.grammar.Consent;
import dev.banger.shell.output.Output;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "reset",
    sortOptions = false,
    description = {
      "Return the root disks of VMs to their images; their work disks, which hold root's home,"
          + " stay. Refused while a VM runs. Prints the name of each.",
      "Asks first at a terminal; without one --yes is needed."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  banger vm stop web && banger vm reset web", "  banger vm reset --yes web db"})
final class ResetCommand extends LifecycleCommand {
  private final VmService vms;

  @Mixin private Consent consent;

  ResetCommand(VmService vms, Targets targets, Output output, VmNames names) {
    super(targets, output, names::startable);
    this.vms = vms;
  }

  @Override
  void prepare(Output output) {
    consent.refuseUnlessPossible("banger vm reset", output);
  }

  /** What was asked about is served by id: a prefix may mean another VM after the answer. */
  @Override
  List<String> confirmed(List<String> named, Output output) {
    Set<Vm> found = new LinkedHashSet<>();
    List<String> served = new ArrayList<>();
    List<Vm> snapshot = vms.list();
    for (String reference : named) {
      try {
        Vm vm = Targets.resolve(reference, snapshot);
        found.add(vm);
        served.add(vm.id());
      } catch (BangerException e) {
        served.add(reference); // is told about when it is served
      }
    }
    if (!found.isEmpty()) {
      consent.obtain(question(found), output);
    }
    return served;
  }

  private static String question(Set<Vm> found) {
    List<Vm> homeless = found.stream().filter(vm -> vm.spec().workDiskBytes() == 0).toList();
    List<Vm> others = found.stream().filter(vm -> !homeless.contains(vm)).toList();
    List<String> sentences = new ArrayList<>();
    if (others.size() == 1) {
      sentences.add(
          "The root disk of " + names(others) + " is made anew; its home (work disk) stays.");
    } else if (!others.isEmpty()) {
      sentences.add(
          "The root disks of " + names(others) + " are made anew; their homes (work disks) stay.");
    }
    if (!homeless.isEmpty()) {
      sentences.add(
          "All that was written in "
              + names(homeless)
              + " is lost, for want of a work disk the home, too.");
    }
    return String.join("\n", sentences) + " Go on?";
  }

  private static String names(List<Vm> vms) {
    return vms.stream().map(Vm::name).collect(Collectors.joining(", "));
  }

  @Override
  void serve(Vm vm, Operation operation) {
    vms.reset(vm.id(), operation);
  }
}
