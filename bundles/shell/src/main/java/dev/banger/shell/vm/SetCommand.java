// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.operation.Operation;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.grammar.CountOption;
import dev.banger.shell.grammar.LabelOption;
import dev.banger.shell.grammar.LimitOption;
import dev.banger.shell.grammar.MemoryOption;
import dev.banger.shell.grammar.SizeOption;
import dev.banger.shell.grammar.UsageException;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.ProgressDisplay;
import dev.banger.vm.ChangeVm;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "set",
    sortOptions = false,
    description = {
      "Change VMs. What is not given stays as it is. Prints the name of each.",
      "Disks grow at once, in running guests too, and never shrink. CPUs and memory are changed"
          + " only while a VM is not running."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger vm set web --disk-size 40G",
      "  banger vm stop web && banger vm set web --vcpu 4 --memory 8G && banger vm start web",
      "  banger vm set web db --label team=blue --remove-label trial",
      "  banger vm set web --ttl 2h --idle-stop none"
    })
final class SetCommand implements Callable<Integer>, CompletesNames {
  private final VmService vms;
  private final Targets targets;
  private final Output output;
  private final VmNames names;

  @Option(
      names = "--vcpu",
      paramLabel = "<count>",
      converter = CountOption.class,
      description = "Virtual CPUs; only while the VM is not running.")
  private Integer vcpus;

  @Option(
      names = "--memory",
      paramLabel = "<size>",
      converter = MemoryOption.class,
      description =
          "Memory: a whole number with K, M, G or T; without a unit MiB. Only while the VM is not"
              + " running.")
  private Long memoryMib;

  @Option(
      names = "--disk-size",
      paramLabel = "<size>",
      converter = SizeOption.class,
      description = "Root disk, at least what it has.")
  private Long diskBytes;

  @Option(
      names = "--work-disk-size",
      paramLabel = "<size>",
      converter = SizeOption.class,
      description = "Work disk, at least what it has.")
  private Long workDiskBytes;

  @Option(
      names = "--label",
      paramLabel = "<key=value>",
      converter = LabelOption.class,
      description = "Set a label; may be repeated.")
  private List<Map.Entry<String, String>> labels = new ArrayList<>();

  @Option(
      names = "--remove-label",
      paramLabel = "<key>",
      description = "Remove a label; may be repeated.")
  private List<String> removedLabels = new ArrayList<>();

  @Option(
      names = "--ttl",
      paramLabel = "<duration>",
      converter = LimitOption.class,
      description = "Delete the VM after this time from now (30m, 2h, 7d, 1h30m), or 'none'.")
  private Duration timeToLive;

  @Option(
      names = "--idle-stop",
      paramLabel = "<duration>",
      converter = LimitOption.class,
      description = "Stop the VM when it was idle for this time, at least 1m, or 'none'.")
  private Duration idleStop;

  @Option(names = "--json", description = "Print an array of the changed records as JSON.")
  private boolean json;

  @Parameters(
      paramLabel = "<vm>",
      arity = "1..*",
      description = "The VMs: ids, names or unambiguous prefixes.")
  private List<String> references;

  SetCommand(VmService vms, Targets targets, Output output, VmNames names) {
    this.vms = vms;
    this.targets = targets;
    this.output = output;
    this.names = names;
  }

  @Override
  public Integer call() {
    refuseNoChange();
    List<Vm> changed = new ArrayList<>();
    int status;
    try (ProgressDisplay progress = output.progress()) {
      Operation operation = output.operation().reportingTo(progress);
      ChangeVm change = change();
      status = targets.serve(references, vm -> vms.set(vm.id(), change, operation), changed::add);
    }
    if (json) {
      output.json(changed);
    } else {
      changed.forEach(vm -> output.line(vm.name()));
    }
    return status;
  }

  private void refuseNoChange() {
    boolean nothing =
        Stream.of(vcpus, memoryMib, diskBytes, workDiskBytes, timeToLive, idleStop)
            .allMatch(Objects::isNull);
    if (nothing && labels.isEmpty() && removedLabels.isEmpty()) {
      throw new UsageException("there is nothing to change; give at least one option");
    }
  }

  private ChangeVm change() {
    return ChangeVm.builder()
        .vcpus(vcpus)
        .memoryMib(memoryMib)
        .diskBytes(diskBytes)
        .workDiskBytes(workDiskBytes)
        .labels(Labels.byKey(labels))
        .removedLabels(removedLabels)
        .timeToLive(timeToLive)
        .idleStop(idleStop)
        .build();
  }

  @Override
  public List<String> names(String paramLabel) {
    return paramLabel.equals("<vm>") ? names.all() : List.of();
  }
}
