// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.kernel;

import dev.banger.kernel.Kernel;
import dev.banger.kernel.KernelBundle;
import dev.banger.kernel.KernelService;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.ProgressDisplay;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "make-bundle",
    sortOptions = false,
    description = {
      "Write a kernel as a bundle that 'banger kernel pull' takes. Prints its path and its sha256."
    },
    footerHeading = "%nExamples:%n",
    footer = "  banger kernel make-bundle microvm --output /srv/kernels")
final class MakeBundleCommand implements Callable<Integer>, CompletesNames {
  private final KernelService kernels;
  private final Output output;

  @Parameters(paramLabel = "<kernel>", description = "The kernel's exact name.")
  private String name;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "<directory>",
      description = "Where it is written.")
  private Path directory;

  @Option(names = "--json", description = "Print path, digest and size as JSON.")
  private boolean json;

  MakeBundleCommand(KernelService kernels, Output output) {
    this.kernels = kernels;
    this.output = output;
  }

  @Override
  public Integer call() {
    Path into = output.console().directory().resolve(directory).normalize();
    KernelBundle bundle;
    try (ProgressDisplay progress = output.progress()) {
      bundle = kernels.makeBundle(name, into, output.operation().reportingTo(progress));
    }
    if (json) {
      output.json(bundle);
    } else {
      output.line(bundle.file() + " " + bundle.sha256());
    }
    return 0;
  }

  @Override
  public List<String> names(String paramLabel) {
    return kernels.list().stream().map(Kernel::name).toList();
  }
}
