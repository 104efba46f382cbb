// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.kernel;

import dev.banger.kernel.Kernel;
import dev.banger.kernel.KernelService;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.output.Output;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "delete",
    aliases = "rm",
    sortOptions = false,
    description = {
      "Delete a kernel. VMs that run keep running; while VMs or images name it, they still boot it.",
      "Prints its name."
    },
    footerHeading = "%nExamples:%n",
    footer = "  banger kernel delete debian-cloud")
final class DeleteCommand implements Callable<Integer>, CompletesNames {
  private final KernelService kernels;
  private final Output output;

  @Parameters(paramLabel = "<kernel>", description = "The kernel's exact name.")
  private String name;

  DeleteCommand(KernelService kernels, Output output) {
    this.kernels = kernels;
    this.output = output;
  }

  @Override
  public Integer call() {
    kernels.delete(name, output.operation());
    output.line(name);
    return 0;
  }

  @Override
  public List<String> names(String paramLabel) {
    return kernels.list().stream().map(Kernel::name).toList();
  }
}
