// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.image;

import dev.banger.image.Image;
import dev.banger.image.ImageService;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.output.Output;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "delete",
    aliases = "rm",
    sortOptions = false,
    description = "Delete an image and its files; refused while a VM uses it. Prints its name.",
    footerHeading = "%nExamples:%n",
    footer = "  banger image delete debian-bookworm")
final class DeleteCommand implements Callable<Integer>, CompletesNames {
  private final ImageService images;
  private final Output output;

  @Parameters(paramLabel = "<image>", description = "The image: name, id or unambiguous prefix.")
  private String reference;

  DeleteCommand(ImageService images, Output output) {
    this.images = images;
    this.output = output;
  }

  @Override
  public Integer call() {
    Image image = images.find(reference);
    images.delete(image.id(), output.operation());
    output.line(image.name());
    return 0;
  }

  @Override
  public List<String> names(String paramLabel) {
    return images.list().stream().map(Image::name).toList();
  }
}
