// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.kernel;

import dev.banger.kernel.CatalogKernel;
import dev.banger.kernel.Kernel;
import dev.banger.kernel.KernelService;
import dev.banger.shell.output.Ages;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.Table;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "list",
    aliases = "ls",
    sortOptions = false,
    description = "List the kernels that are here, or with --available those of the catalog.",
    footerHeading = "%nExamples:%n",
    footer = {"  banger kernel list", "  banger kernel list --available"})
final class ListCommand implements Callable<Integer> {
  private final KernelService kernels;
  private final Output output;
  private final InstantSource clock;

  @Option(names = "--available", description = "List what can be pulled by name.")
  private boolean available;

  @Option(names = "--json", description = "Print an array of records as JSON.")
  private boolean json;

  ListCommand(KernelService kernels, Output output, InstantSource clock) {
    this.kernels = kernels;
    this.output = output;
    this.clock = clock;
  }

  @Override
  public Integer call() {
    if (available) {
      catalog(kernels.catalog());
    } else {
      present(kernels.list());
    }
    return 0;
  }

  private void catalog(List<CatalogKernel> catalog) {
    if (json) {
      output.json(catalog);
      return;
    }
    Table table = new Table("NAME", "ARCH", "STATE", "DESCRIPTION");
    for (CatalogKernel each : catalog) {
      table.row(
          each.name(),
          each.architecture(),
          each.pulled() ? "pulled" : "available",
          each.description());
    }
    output.table(table);
  }

  private void present(List<Kernel> all) {
    if (json) {
      output.json(all);
      return;
    }
    Table table = new Table("NAME", "VERSION", "ARCH", "CREATED");
    for (Kernel kernel : all) {
      table.row(
          kernel.name(),
          kernel.version(),
          kernel.architecture(),
          Ages.ago(kernel.createdAt(), clock.instant()));
    }
    output.table(table);
  }
}
