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
    name = "rename",
    aliases = "tag",
    sortOptions = false,
    description = "Give an image another name; VMs that use it go on. Prints the new name.",
    footerHeading = "%nExamples:%n",
    footer = "  banger image rename alpine-3.20 base")
final class RenameCommand implements Callable<Integer>, CompletesNames {
  private final ImageService images;
  private final Output output;

  @Parameters(
      index = "0",
      paramLabel = "<image>",
      description = "The image: name, id or unambiguous prefix.")
  private String reference;

  @Parameters(index = "1", paramLabel = "<name>", description = "Its new name.")
  private String name;

  RenameCommand(ImageService images, Output output) {
    this.images = images;
    this.output = output;
  }

  @Override
  public Integer call() {
    output.line(images.rename(reference, name, output.operation()).name());
    return 0;
  }

  @Override
  public List<String> names(String paramLabel) {
    return paramLabel.equals("<image>")
        ? images.list().stream().map(Image::name).toList()
        : List.of();
  }
}
