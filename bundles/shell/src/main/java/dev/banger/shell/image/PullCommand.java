// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.image;

import dev.banger.image.CatalogImage;
import dev.banger.image.Image;
import dev.banger.image.ImageService;
import dev.banger.image.PullImage;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.grammar.SizeOption;
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
      "Bring an image here: one of the catalog, one of a registry, or a bundle. Prints its name.",
      "One that is here already is left as it is."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger image pull debian-bookworm",
      "  banger image pull docker.io/library/alpine:3.20   # becomes alpine-3.20",
      "  banger image pull ghcr.io/owner/app@sha256:… --name app",
      "  banger image pull ./app-amd64-0123456789ab.tar.zst",
      "  banger image pull https://example.org/app.tar.zst --sha256 …"
    })
final class PullCommand implements Callable<Integer>, CompletesNames {
  private final ImageService images;
  private final FirstUse firstUse;
  private final Output output;

  @Parameters(
      paramLabel = "<image>",
      description =
          "A name from 'banger image catalog'; a reference to an image in a registry, without a"
              + " registry Docker Hub is meant; or a bundle: a path with a / in it, or an address.")
  private String source;

  @Option(
      names = "--name",
      paramLabel = "<name>",
      description = "What it is called here. Without it the catalog's name, or repository-tag.")
  private String name;

  @Option(
      names = "--kernel",
      paramLabel = "<kernel>",
      description =
          "The kernel that its VMs boot. Without it the catalog's, or the configured one.")
  private String kernel;

  @Option(
      names = "--size",
      paramLabel = "<size>",
      converter = SizeOption.class,
      description =
          "Size of its root file system: a whole number with K, M, G or T. It takes room on the host"
              + " only for what is in it.")
  private Long sizeBytes;

  @Option(
      names = "--insecure",
      description = "Speak to the registry without TLS. One on this host needs no asking.")
  private boolean insecure;

  @Option(
      names = "--sha256",
      paramLabel = "<hex>",
      description = "What a bundle's file must have; required for one of a network.")
  private String sha256;

  @Option(names = "--json", description = "Print the image's record as JSON.")
  private boolean json;

  PullCommand(ImageService images, FirstUse firstUse, Output output) {
    this.images = images;
    this.firstUse = firstUse;
    this.output = output;
  }

  @Override
  public Integer call() {
    if (names("<image>").contains(source)) {
      firstUse.makeFit(output);
    }
    PullImage request = new PullImage(located(), name, kernel, sizeBytes, insecure, sha256);
    Image image;
    try (ProgressDisplay progress = output.progress()) {
      image = firstUse.watch(() -> images.pull(request, output.operation().reportingTo(progress)));
    }
    if (json) {
      output.json(image);
    } else {
      output.line(image.name());
    }
    return 0;
  }

  /** The daemon has another working directory than the person. */
  private String located() {
    return source.startsWith("./") || source.startsWith("../")
        ? output.console().directory().resolve(source).normalize().toString()
        : source;
  }

  @Override
  public List<String> names(String paramLabel) {
    return paramLabel.equals("<image>")
        ? images.catalog().stream().map(CatalogImage::name).toList()
        : List.of();
  }
}
