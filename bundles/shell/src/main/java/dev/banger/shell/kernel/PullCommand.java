// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.kernel;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.kernel.CatalogKernel;
import dev.banger.kernel.Kernel;
import dev.banger.kernel.KernelService;
import dev.banger.kernel.PullKernelBundle;
import dev.banger.operation.Operation;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.host.FirstUse;
import dev.banger.shell.output.Output;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "pull",
    sortOptions = false,
    description = {
      "Make the kernel of a catalog name here, or bring a bundle. Prints the kernel's name.",
      "One that is here already is left as it is, unless --force is given."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger kernel pull debian-cloud",
      "  banger kernel pull https://example.org/fast-amd64-0a1b2c3d4e5f.tar.zst --sha256 0a1b2c..."
    })
final class PullCommand implements Callable<Integer>, CompletesNames {
  private static final String BUNDLE = ".tar.zst";

  private final KernelService kernels;
  private final FirstUse firstUse;
  private final Output output;

  @Parameters(
      paramLabel = "<kernel>",
      description = {
        "A name from 'banger kernel list --available', or the http(s) URL or path of a bundle",
        "(<name>.tar.zst)."
      })
  private String name;

  @Option(
      names = "--sha256",
      paramLabel = "<digest>",
      description = "The digest of a bundle, which must be given for one.")
  private String sha256;

  @Option(
      names = "--name",
      paramLabel = "<name>",
      description = "What the kernel of a bundle is called here. Without it as in the bundle.")
  private String wantedName;

  @Option(
      names = {"--force", "--replace"},
      description = "Make it anew, even if it is here.")
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
    Kernels.print(kernel(), json, output);
    return 0;
  }

  private Kernel kernel() {
    if (name.endsWith(BUNDLE)) {
      PullKernelBundle request = new PullKernelBundle(source(), sha256, wantedName, force);
      return make(operation -> kernels.pullBundle(request, operation));
    }
    if (sha256 != null || wantedName != null) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          "--sha256 and --name are for bundles, whose names end in " + BUNDLE);
    }
    if (!names("<kernel>").contains(name)) {
      throw new BangerException(
          ErrorCode.NOT_FOUND,
          "the catalog has no kernel '"
              + name
              + "'; 'banger kernel list --available' shows what it has");
    }
    return make(operation -> kernels.pull(name, force, operation));
  }

  private String source() {
    return name.contains("://")
        ? name
        : output.console().directory().resolve(name).normalize().toString();
  }

  private Kernel make(Function<Operation, Kernel> making) {
    firstUse.makeFit(output);
    return Kernels.make(making, firstUse, output);
  }

  @Override
  public List<String> names(String paramLabel) {
    return kernels.catalog().stream().map(CatalogKernel::name).toList();
  }
}
