// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.image;

import dev.banger.image.Image;
import dev.banger.image.ImageService;
import dev.banger.shell.grammar.Sizes;
import dev.banger.shell.output.Ages;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.Table;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "list",
    aliases = "ls",
    sortOptions = false,
    description = "List the images that are here, oldest first.",
    footerHeading = "%nExamples:%n",
    footer = {"  banger image list", "  banger image list --json | jq -r '.[].rootfs'"})
final class ListCommand implements Callable<Integer> {
  private final ImageService images;
  private final Output output;
  private final InstantSource clock;

  @Option(
      names = {"-q", "--quiet"},
      description = "Print only the ids.")
  private boolean quiet;

  @Option(names = "--json", description = "Print an array of records as JSON.")
  private boolean json;

  ListCommand(ImageService images, Output output, InstantSource clock) {
    this.images = images;
    this.output = output;
    this.clock = clock;
  }

  @Override
  public Integer call() {
    List<Image> all = images.list();
    if (json) {
      output.json(all);
    } else if (quiet) {
      output.print(String.join("", all.stream().map(image -> image.id() + "\n").toList()));
    } else {
      Table table =
          new Table(
              "ID", "NAME", "DISTRIBUTION", "RELEASE", "KERNEL", "SIZE", "ON DISK", "CREATED");
      for (Image image : all) {
        table.row(
            image.id(),
            image.name(),
            image.distribution(),
            image.release(),
            image.kernel(),
            Sizes.format(image.sizeBytes()),
            Sizes.format(image.allocatedBytes()),
            Ages.ago(image.createdAt(), clock.instant()));
      }
      output.table(table);
    }
    return 0;
  }
}
