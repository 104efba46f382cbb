// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.image;

import dev.banger.image.CatalogImage;
import dev.banger.image.ImageService;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.Table;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "catalog",
    sortOptions = false,
    description = "List the images that can be pulled by name.",
    footerHeading = "%nExamples:%n",
    footer = "  banger image catalog")
final class CatalogCommand implements Callable<Integer> {
  private final ImageService images;
  private final Output output;

  @Option(names = "--json", description = "Print an array of records as JSON.")
  private boolean json;

  CatalogCommand(ImageService images, Output output) {
    this.images = images;
    this.output = output;
  }

  @Override
  public Integer call() {
    List<CatalogImage> catalog = images.catalog();
    if (json) {
      output.json(catalog);
      return 0;
    }
    Table table = new Table("NAME", "RELEASE", "ARCH", "KERNEL", "STATE", "DESCRIPTION");
    for (CatalogImage each : catalog) {
      table.row(
          each.name(),
          each.release(),
          each.architecture(),
          each.kernel(),
          each.pulled() ? "pulled" : "available",
          each.description());
    }
    output.table(table);
    return 0;
  }
}
