// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.image;

import dev.banger.image.CachedLayers;
import dev.banger.image.ImageService;
import dev.banger.shell.grammar.Sizes;
import dev.banger.shell.output.Details;
import dev.banger.shell.output.Output;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "show",
    sortOptions = false,
    description = "Show how much is kept, and where.",
    footerHeading = "%nExamples:%n",
    footer = "  banger image cache show --json")
final class CacheShowCommand implements Callable<Integer> {
  private final ImageService images;
  private final Output output;

  @Option(names = "--json", description = "Print the record as JSON.")
  private boolean json;

  CacheShowCommand(ImageService images, Output output) {
    this.images = images;
    this.output = output;
  }

  @Override
  public Integer call() {
    CachedLayers cached = images.cache();
    if (json) {
      output.json(cached);
    } else {
      output.print(
          new Details()
              .add("directory", cached.directory())
              .add("files", cached.files())
              .add("size", Sizes.format(cached.sizeBytes()))
              .text());
    }
    return 0;
  }
}
