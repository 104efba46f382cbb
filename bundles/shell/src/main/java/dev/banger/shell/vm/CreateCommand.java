// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.error.BangerException;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.ProgressDisplay;
import dev.banger.vm.CreateVm;
import dev.banger.vm.Vm;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "create",
    sortOptions = false,
    description = {
      "Create a VM and start it, or only create it with --no-start. Prints its name.",
      "Missing images and kernels are pulled first. A VM whose start fails is kept."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  banger vm create --name web --memory 2G", "  banger vm create --no-start --json"})
final class CreateCommand implements Callable<Integer>, CompletesNames {
  private final Creation creation;
  private final Output output;
  private final VmNames names;

  @Mixin private SizingOptions sizing;

  @Option(names = "--no-start", description = "Do not start the VM.")
  private boolean dormant;

  @Option(names = "--json", description = "Print the VM's record as JSON instead of its name.")
  private boolean json;

  CreateCommand(Creation creation, Output output, VmNames names) {
    this.creation = creation;
    this.output = output;
    this.names = names;
  }

  @Override
  public Integer call() {
    CreateVm request = sizing.request();
    creation.prepare(request, output);
    Vm vm;
    try (ProgressDisplay progress = output.progress()) {
      vm = creation.create(request, output, progress);
      if (!dormant) {
        vm = start(vm, progress);
      }
    }
    if (json) {
      output.json(vm);
    } else {
      output.line(vm.name());
    }
    return 0;
  }

  private Vm start(Vm vm, ProgressDisplay progress) {
    try {
      return creation.start(vm, output, progress);
    } catch (BangerException e) {
      throw RunCommand.kept(vm, e);
    }
  }

  @Override
  public List<String> names(String paramLabel) {
    return paramLabel.equals("<image>") ? names.usableImages() : List.of();
  }
}
