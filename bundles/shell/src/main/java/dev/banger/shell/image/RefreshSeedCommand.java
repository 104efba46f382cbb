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
    name = "refresh-seed",
    sortOptions = false,
    description =
        "Make the work seed of an image anew: what it has in /root, as a template for work disks. VMs"
            + " go on; those made later get the new one. Prints the seed's path.",
    footerHeading = "%nExamples:%n",
    footer = "  banger image refresh-seed debian-bookworm")
final class RefreshSeedCommand implements Callable<Integer>, CompletesNames {
  private final ImageService images;
  private final Output output;

  @Parameters(paramLabel = "<image>", description = "The image: name, id or unambiguous prefix.")
  private String reference;

  RefreshSeedCommand(ImageService images, Output output) {
    this.images = images;
    this.output = output;
  }

  @Override
  public Integer call() {
    Image image;
    try (ProgressDisplay progress = output.progress()) {
      image = images.refreshSeed(reference, output.operation().reportingTo(progress));
    }
    output.line(image.workSeed().toString());
    return 0;
  }

  @Override
  public List<String> names(String paramLabel) {
    return images.list().stream().filter(image -> !image.unmanaged()).map(Image::name).toList();
  }
}
