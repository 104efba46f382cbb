// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.image;

import dev.banger.image.CachedLayers;
import dev.banger.image.ImageService;
import dev.banger.shell.grammar.CountOption;
import dev.banger.shell.grammar.Sizes;
import dev.banger.shell.output.Output;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "prune",
    sortOptions = false,
    description = {
      "Remove what is kept of registries' images; images themselves stay.",
      "What a pull uses just now stays, too."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger image cache prune",
      "  banger image cache prune --unused-days 30 --dry-run"
    })
final class CachePruneCommand implements Callable<Integer> {
  private final ImageService images;
  private final Output output;

  @Option(
      names = "--unused-days",
      paramLabel = "<days>",
      converter = CountOption.class,
      description = "Only what was not used for so many days.")
  private Integer unusedDays;

  @Option(names = "--dry-run", description = "Only tell what would be removed.")
  private boolean dryRun;

  @Option(names = "--json", description = "Print what was removed as JSON.")
  private boolean json;

  CachePruneCommand(ImageService images, Output output) {
    this.images = images;
    this.output = output;
  }

  @Override
  public Integer call() {
    Duration unused = unusedDays == null ? Duration.ZERO : Duration.ofDays(unusedDays);
    CachedLayers removed = images.pruneCache(unused, dryRun, output.operation());
    if (json) {
      output.json(removed);
    } else {
      output.line(
          String.format(
              "%s %d files, %s, from %s",
              dryRun ? "would remove" : "removed",
              removed.files(),
              Sizes.format(removed.sizeBytes()),
              removed.directory()));
    }
    return 0;
  }
}
