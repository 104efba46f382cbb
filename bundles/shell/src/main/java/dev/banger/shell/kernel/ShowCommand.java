// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.kernel;

import dev.banger.kernel.Kernel;
import dev.banger.kernel.KernelService;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.output.Details;
import dev.banger.shell.output.Output;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "show",
    sortOptions = false,
    description = "Show all that is known of a kernel, its files by path.",
    footerHeading = "%nExamples:%n",
    footer = "  banger kernel show debian-cloud --json")
final class ShowCommand implements Callable<Integer>, CompletesNames {
  private final KernelService kernels;
  private final Output output;

  @Parameters(paramLabel = "<kernel>", description = "The kernel's exact name.")
  private String name;

  @Option(names = "--json", description = "Print the record as JSON.")
  private boolean json;

  ShowCommand(KernelService kernels, Output output) {
    this.kernels = kernels;
    this.output = output;
  }

  @Override
  public Integer call() {
    Kernel kernel = kernels.find(name);
    if (json) {
      output.json(kernel);
      return 0;
    }
    output.print(
        new Details()
            .add("name", kernel.name())
            .add("version", kernel.version())
            .add("architecture", kernel.architecture())
            .add("source", kernel.source())
            .add("sha256", kernel.sha256())
            .add("acpi", kernel.acpi())
            .add("created", kernel.createdAt())
            .add("directory", kernel.directory())
            .add("vmlinux", kernel.vmlinux())
            .add("modules", kernel.modules())
            .text());
    return 0;
  }

  @Override
  public List<String> names(String paramLabel) {
    return kernels.list().stream().map(Kernel::name).toList();
  }
}
