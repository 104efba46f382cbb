// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.image;

import dev.banger.image.Image;
import dev.banger.image.ImageService;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.grammar.Sizes;
import dev.banger.shell.output.Details;
import dev.banger.shell.output.Output;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "show",
    sortOptions = false,
    description = "Show all that is known of an image, its files by path.",
    footerHeading = "%nExamples:%n",
    footer = "  banger image show debian-bookworm --json")
final class ShowCommand implements Callable<Integer>, CompletesNames {
  private final ImageService images;
  private final Output output;

  @Parameters(paramLabel = "<image>", description = "The image: name, id or unambiguous prefix.")
  private String reference;

  @Option(names = "--json", description = "Print the record as JSON.")
  private boolean json;

  ShowCommand(ImageService images, Output output) {
    this.images = images;
    this.output = output;
  }

  @Override
  public Integer call() {
    Image image = images.find(reference);
    if (json) {
      output.json(image);
      return 0;
    }
    output.print(
        new Details()
            .add("id", image.id())
            .add("name", image.name())
            .add("distribution", image.distribution())
            .add("release", image.release())
            .add("architecture", image.architecture())
            .add("kernel", image.kernel())
            .add("size", Sizes.format(image.sizeBytes()))
            .add("on disk", Sizes.format(image.allocatedBytes()))
            .add("source", image.source())
            .add("digest", image.digest())
            .add("default command", String.join(" ", image.config().defaultArguments()))
            .add("managed", !image.unmanaged())
            .add("created", image.createdAt())
            .add("rootfs", image.rootfs())
            .add("work seed", image.workSeed())
            .text());
    return 0;
  }

  @Override
  public List<String> names(String paramLabel) {
    return images.list().stream().map(Image::name).toList();
  }
}
