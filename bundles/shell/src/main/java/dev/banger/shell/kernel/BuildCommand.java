// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.kernel;

import dev.banger.kernel.BuildKernel;
import dev.banger.kernel.KernelService;
import dev.banger.shell.host.FirstUse;
import dev.banger.shell.output.Output;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "build",
    sortOptions = false,
    description = {
      "Compile a small kernel for VMs, with everything built in, from Debian's Linux source.",
      "Takes some minutes and 2.5 GiB of disk meanwhile. Prints its name."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger kernel build",
      "  banger kernel build --name mine --config ~/more.config --jobs 4"
    })
final class BuildCommand implements Callable<Integer> {
  private final KernelService kernels;
  private final FirstUse firstUse;
  private final Output output;

  @Option(
      names = "--name",
      paramLabel = "<name>",
      defaultValue = "microvm",
      description = "What it is called here. Default: ${DEFAULT-VALUE}.")
  private String name;

  @Option(
      names = "--suite",
      paramLabel = "<suite>",
      defaultValue = "bookworm",
      description = "The Debian suite whose Linux is compiled. Default: ${DEFAULT-VALUE}.")
  private String suite;

  @Option(
      names = "--config",
      paramLabel = "<file>",
      description = "Lines of a kernel configuration that are applied last.")
  private Path configuration;

  @Option(
      names = "--jobs",
      paramLabel = "<number>",
      description = "How many compilers run at a time. Without it one a processor.")
  private Integer jobs;

  @Option(
      names = {"--replace", "--force"},
      description = "Replace a kernel of that name.")
  private boolean replace;

  @Option(names = "--json", description = "Print the kernel's record as JSON.")
  private boolean json;

  BuildCommand(KernelService kernels, FirstUse firstUse, Output output) {
    this.kernels = kernels;
    this.firstUse = firstUse;
    this.output = output;
  }

  @Override
  public Integer call() {
    Path fragment =
        configuration == null
            ? null
            : output.console().directory().resolve(configuration).normalize();
    BuildKernel request = new BuildKernel(name, suite, fragment, jobs, replace);
    Kernels.print(
        Kernels.make(operation -> kernels.build(request, operation), firstUse, output),
        json,
        output);
    return 0;
  }
}
