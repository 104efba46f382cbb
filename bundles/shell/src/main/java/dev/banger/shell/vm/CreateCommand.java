// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.error.BangerException;
import dev.banger.operation.OperationService;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.ProgressDisplay;
import dev.banger.vm.CreateVm;
import dev.banger.vm.Vm;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
    footer = {
      "  banger vm create --name web --memory 2G",
      "  banger vm create --name db -p 5432 -p 0.0.0.0:8080:80",
      "  banger vm create --no-start --json",
      "  banger vm create --name web --background"
    })
final class CreateCommand implements Callable<Integer>, CompletesNames {
  private final Creation creation;
  private final OperationService operations;
  private final Output output;
  private final VmNames names;

  @Mixin private SizingOptions sizing;

  @Option(names = "--no-start", description = "Do not start the VM.")
  private boolean dormant;

  @Option(
      names = "--background",
      description =
          "Print an operation's id and return while the daemon goes on; see 'banger operation'.")
  private boolean background;

  @Option(
      names = "--json",
      description =
          "Print the VM's record as JSON instead of its name; with --background the operation's"
              + " id.")
  private boolean json;

  CreateCommand(Creation creation, OperationService operations, Output output, VmNames names) {
    this.creation = creation;
    this.operations = operations;
    this.output = output;
    this.names = names;
  }

  @Override
  public Integer call() {
    CreateVm request = sizing.request();
    creation.prepare(request, output);
    if (background) {
      begin(request);
      return 0;
    }
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

  private void begin(CreateVm request) {
    String id = output.operation().id();
    operations.begin("vm.create", parameters(request), output.operation());
    if (json) {
      output.json(Map.of("op_id", id));
    } else {
      output.line(id);
    }
    output.note("wait for it with 'banger operation wait " + id + "'");
  }

  private Map<String, Object> parameters(CreateVm request) {
    Map<String, Object> parameters = new LinkedHashMap<>();
    parameters.put("name", request.name());
    parameters.put("image", request.image());
    parameters.put("vcpus", request.vcpus());
    parameters.put("memory_mib", request.memoryMib());
    parameters.put("disk_bytes", request.diskBytes());
    parameters.put("work_disk_bytes", request.workDiskBytes());
    parameters.put("labels", request.labels());
    parameters.put("time_to_live", request.timeToLive());
    parameters.put("idle_stop", request.idleStop());
    parameters.put("ports", request.ports());
    parameters.put("start", !dormant);
    return parameters;
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
