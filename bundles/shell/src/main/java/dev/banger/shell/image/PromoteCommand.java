// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.image;

import dev.banger.image.Image;
import dev.banger.image.ImageService;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.ProgressDisplay;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "promote",
    sortOptions = false,
    description =
        "Copy the file of a registered image, so that it belongs to this installation; refused while"
            + " a VM uses it. Prints its name.",
    footerHeading = "%nExamples:%n",
    footer = "  banger image promote mine")
final class PromoteCommand implements Callable<Integer>, CompletesNames {
  private final ImageService images;
  private final Output output;

  @Parameters(paramLabel = "<image>", description = "The image: name, id or unambiguous prefix.")
  private String reference;

  PromoteCommand(ImageService images, Output output) {
    this.images = images;
    this.output = output;
  }

  @Override
  public Integer call() {
    Image image;
    try (ProgressDisplay progress = output.progress()) {
      image = images.promote(reference, output.operation().reportingTo(progress));
    }
    output.line(image.name());
    return 0;
  }

  @Override
  public List<String> names(String paramLabel) {
    return images.list().stream().filter(Image::unmanaged).map(Image::name).toList();
  }
}
