// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.image;

import dev.banger.image.Image;
import dev.banger.image.ImageBundle;
import dev.banger.image.ImageService;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.grammar.Sizes;
import dev.banger.shell.output.Details;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.ProgressDisplay;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "make-bundle",
    sortOptions = false,
    description = {
      "Write an image into one file, which other hosts can pull.",
      "Prints the file's path, its sha256 and its size."
    },
    footerHeading = "%nExamples:%n",
    footer = "  banger image make-bundle debian-bookworm --output /srv/images")
final class MakeBundleCommand implements Callable<Integer>, CompletesNames {
  private final ImageService images;
  private final Output output;

  @Parameters(paramLabel = "<image>", description = "The image: name, id or unambiguous prefix.")
  private String reference;

  @Option(
      names = "--output",
      paramLabel = "<directory>",
      description = "Where the file is written. Without it the current directory.")
  private Path directory = Path.of("");

  @Option(names = "--json", description = "Print path, sha256 and size_bytes as JSON.")
  private boolean json;

  MakeBundleCommand(ImageService images, Output output) {
    this.images = images;
    this.output = output;
  }

  @Override
  public Integer call() {
    Path target = output.console().directory().resolve(directory).normalize();
    ImageBundle bundle;
    try (ProgressDisplay progress = output.progress()) {
      bundle = images.makeBundle(reference, target, output.operation().reportingTo(progress));
    }
    if (json) {
      output.json(bundle);
    } else {
      output.print(
          new Details()
              .add("path", bundle.path())
              .add("sha256", bundle.sha256())
              .add("size", Sizes.format(bundle.sizeBytes()))
              .text());
    }
    return 0;
  }

  @Override
  public List<String> names(String paramLabel) {
    return images.list().stream().map(Image::name).toList();
  }
}
