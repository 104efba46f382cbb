// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.kernel;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.kernel.ImportKernel;
import dev.banger.kernel.KernelService;
import dev.banger.shell.host.FirstUse;
import dev.banger.shell.output.Output;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "import",
    sortOptions = false,
    description = {
      "Take in a kernel of this host: its image, and of its modules those that a VM needs.",
      "Prints its name."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger kernel import mine --from ~/linux-build",
      "  banger kernel import host --vmlinuz /boot/vmlinuz-6.1.0-49-amd64 \\",
      "      --modules /lib/modules/6.1.0-49-amd64"
    })
final class ImportCommand implements Callable<Integer> {
  private final KernelService kernels;
  private final FirstUse firstUse;
  private final Output output;

  @Parameters(paramLabel = "<name>", description = "What it is called here.")
  private String name;

  @Option(
      names = "--from",
      paramLabel = "<directory>",
      description = "Holds vmlinux, vmlinuz or bzImage and, below modules/, the modules if any.")
  private Path directory;

  @Option(
      names = "--vmlinuz",
      paramLabel = "<file>",
      description = "A kernel image: a bzImage, or an ELF kernel.")
  private Path vmlinuz;

  @Option(
      names = "--modules",
      paramLabel = "<directory>",
      description = "The modules of that image, unless all is built in.")
  private Path modules;

  @Option(
      names = "--release",
      paramLabel = "<release>",
      description = "What 'uname -r' says under it. Needed when the kernel itself does not tell.")
  private String release;

  @Option(
      names = "--acpi",
      paramLabel = "on|off",
      description = "Whether VMs give it ACPI tables. Without it the kernel is looked at.")
  private String acpi;

  @Option(
      names = {"--replace", "--force"},
      description = "Replace a kernel of that name.")
  private boolean replace;

  @Option(names = "--json", description = "Print the kernel's record as JSON.")
  private boolean json;

  ImportCommand(KernelService kernels, FirstUse firstUse, Output output) {
    this.kernels = kernels;
    this.firstUse = firstUse;
    this.output = output;
  }

  @Override
  public Integer call() {
    ImportKernel request =
        new ImportKernel(
            name,
            absolute(directory),
            absolute(vmlinuz),
            absolute(modules),
            release,
            acpi(),
            replace);
    Kernels.print(
        Kernels.make(operation -> kernels.importKernel(request, operation), firstUse, output),
        json,
        output);
    return 0;
  }

  private Path absolute(Path path) {
    return path == null ? null : output.console().directory().resolve(path).normalize();
  }

  private Boolean acpi() {
    if (acpi == null) {
      return null;
    }
    if (!acpi.equals("on") && !acpi.equals("off")) {
      throw new BangerException(ErrorCode.BAD_REQUEST, "--acpi is on or off");
    }
    return acpi.equals("on");
  }
}
