// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.kernel;

import dev.banger.kernel.KernelService;
import dev.banger.shell.grammar.CommandGroup;
import dev.banger.shell.host.FirstUse;
import dev.banger.shell.output.Output;
import java.time.InstantSource;
import picocli.CommandLine.Command;

@Command(
    name = "kernel",
    description = {
      "Pull, import, build, look at and delete the kernels that VMs boot, each by its exact name.",
      "Normally nothing is to be done here: the kernel that an image names is pulled with it."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  banger kernel list --available", "  banger kernel pull debian-cloud"})
final class KernelCommandGroup extends CommandGroup {
  KernelCommandGroup(KernelService kernels, FirstUse firstUse, Output output) {
    add("list", () -> new ListCommand(kernels, output, InstantSource.system()), "ls");
    add("show", () -> new ShowCommand(kernels, output));
    add("pull", () -> new PullCommand(kernels, firstUse, output));
    add("import", () -> new ImportCommand(kernels, firstUse, output));
    add("build", () -> new BuildCommand(kernels, firstUse, output));
    add("make-bundle", () -> new MakeBundleCommand(kernels, output));
    add("delete", () -> new DeleteCommand(kernels, output), "rm");
  }
}
