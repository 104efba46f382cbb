// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.operation.Operation;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.ProgressDisplay;
import dev.banger.vm.Vm;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Parameters;

/** A verb for one or several VMs; prints the name of each that it served. */
abstract class LifecycleCommand implements Callable<Integer>, CompletesNames {
  private final Targets targets;
  private final Output output;
  private final Supplier<List<String>> names;

  @Parameters(
      paramLabel = "<vm>",
      arity = "1..*",
      description = "The VMs: ids, names or unambiguous prefixes.")
  private List<String> references;

  LifecycleCommand(Targets targets, Output output, Supplier<List<String>> names) {
    this.targets = targets;
    this.output = output;
    this.names = names;
  }

  /** Serves one VM. */
  abstract void serve(Vm vm, Operation operation);

  /** What has to hold before any is served. */
  void prepare(Output unused) {}

  /** Which are served of those that were named; asks the person where that is to be asked. */
  List<String> confirmed(List<String> named, Output unused) {
    return named;
  }

  @Override
  public Integer call() {
    prepare(output);
    List<String> served = confirmed(references, output);
    try (ProgressDisplay progress = output.progress()) {
      Operation operation = output.operation().reportingTo(progress);
      return targets.serve(
          served,
          vm -> {
            serve(vm, operation);
            return vm.name();
          },
          output::line);
    }
  }

  @Override
  public List<String> names(String paramLabel) {
    return paramLabel.equals("<vm>") ? names.get() : List.of();
  }
}
