// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.image;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.image.CatalogImage;
import dev.banger.image.Image;
import dev.banger.image.ImageService;
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
      "Make the image of a catalog name here. Prints its name.",
      "One that is here already is left as it is."
    },
    footerHeading = "%nExamples:%n",
    footer = "  banger image pull debian-bookworm")
final class PullCommand implements Callable<Integer>, CompletesNames {
  private final ImageService images;
  private final FirstUse firstUse;
  private final Output output;

  @Parameters(paramLabel = "<image>", description = "A name from 'banger image catalog'.")
  private String name;

  @Option(names = "--json", description = "Print the image's record as JSON.")
  private boolean json;

  PullCommand(ImageService images, FirstUse firstUse, Output output) {
    this.images = images;
    this.firstUse = firstUse;
    this.output = output;
  }

  @Override
  public Integer call() {
    if (!names("<image>").contains(name)) {
      throw new BangerException(
          ErrorCode.NOT_FOUND,
          "the catalog has no image '" + name + "'; 'banger image catalog' shows what it has");
    }
    firstUse.makeFit(output);
    Image image;
    try (ProgressDisplay progress = output.progress()) {
      image = firstUse.watch(() -> images.pull(name, output.operation().reportingTo(progress)));
    }
    if (json) {
      output.json(image);
    } else {
      output.line(image.name());
    }
    return 0;
  }

  @Override
  public List<String> names(String paramLabel) {
    return images.catalog().stream().map(CatalogImage::name).toList();
  }
}
