// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.kernel;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.kernel.CatalogKernel;
import dev.banger.kernel.Kernel;
import dev.banger.kernel.KernelService;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.host.FirstUse;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.ProgressDisplay;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "pull",
    sortOptions = false,
    description = {
      "Make the kernel of a catalog name here. Prints its name.",
      "One that is here already is left as it is, unless --force is given."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  banger kernel pull debian-cloud", "  banger kernel pull --force debian-cloud"})
final class PullCommand implements Callable<Integer>, CompletesNames {
  private final KernelService kernels;
  private final FirstUse firstUse;
  private final Output output;

  @Parameters(
      paramLabel = "<kernel>",
      description = "A name from 'banger kernel list --available'.")
  private String name;

  @Option(names = "--force", description = "Make it anew, even if it is here.")
  private boolean force;

  @Option(names = "--json", description = "Print the kernel's record as JSON.")
  private boolean json;

  PullCommand(KernelService kernels, FirstUse firstUse, Output output) {
    this.kernels = kernels;
    this.firstUse = firstUse;
    this.output = output;
  }

  @Override
  public Integer call() {
    if (!names("<kernel>").contains(name)) {
      throw new BangerException(
          ErrorCode.NOT_FOUND,
          "the catalog has no kernel '"
              + name
              + "'; 'banger kernel list --available' shows what it has");
    }
    firstUse.makeFit(output);
    Kernel kernel;
    try (ProgressDisplay progress = output.progress()) {
      kernel =
          firstUse.watch(() -> kernels.pull(name, force, output.operation().reportingTo(progress)));
    }
    if (json) {
      output.json(kernel);
    } else {
      output.line(kernel.name());
    }
    return 0;
  }

  @Override
  public List<String> names(String paramLabel) {
    return kernels.catalog().stream().map(CatalogKernel::name).toList();
  }
}
