// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.image;

import dev.banger.image.ImageService;
import dev.banger.shell.grammar.CommandGroup;
import dev.banger.shell.host.FirstUse;
import dev.banger.shell.output.Output;
import java.time.InstantSource;
import picocli.CommandLine.Command;

@Command(
    name = "image",
    description = {
      "Pull, look at and delete images: the disks that VMs start from.",
      "An image is named by its exact name, its id or an unambiguous prefix of either."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger image catalog               # what can be pulled by name",
      "  banger image pull debian-bookworm",
      "  banger image pull docker.io/library/alpine:3.20",
      "  banger vm run --image debian-bookworm"
    })
final class ImageCommandGroup extends CommandGroup {
  ImageCommandGroup(ImageService images, FirstUse firstUse, Output output) {
    add("list", () -> new ListCommand(images, output, InstantSource.system()), "ls");
    add("show", () -> new ShowCommand(images, output));
    add("pull", () -> new PullCommand(images, firstUse, output));
    add("delete", () -> new DeleteCommand(images, output), "rm");
    add("catalog", () -> new CatalogCommand(images, output));
    add("rename", () -> new RenameCommand(images, output), "tag");
    add("import", () -> new ImportCommand(images, output));
    add("make-bundle", () -> new MakeBundleCommand(images, output));
    add("register", () -> new RegisterCommand(images, output));
    add("promote", () -> new PromoteCommand(images, output));
    add("refresh-seed", () -> new RefreshSeedCommand(images, output));
    add("cache", () -> new CacheCommandGroup(images, output));
  }
}
