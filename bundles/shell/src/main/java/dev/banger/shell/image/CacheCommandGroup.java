// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.image;

import dev.banger.image.ImageService;
import dev.banger.shell.grammar.CommandGroup;
import dev.banger.shell.output.Output;
import picocli.CommandLine.Command;

@Command(
    name = "cache",
    sortOptions = false,
    description =
        "Look at and prune what is kept of registries' images: layers, so that they need"
            + " not be fetched again.",
    footerHeading = "%nExamples:%n",
    footer = {"  banger image cache show", "  banger image cache prune --unused-days 30 --dry-run"})
final class CacheCommandGroup extends CommandGroup {
  CacheCommandGroup(ImageService images, Output output) {
    add("show", () -> new CacheShowCommand(images, output));
    add("prune", () -> new CachePruneCommand(images, output));
  }
}
