// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.image;

import dev.banger.image.Image;
import dev.banger.image.ImageService;
import dev.banger.image.ImportImage;
import dev.banger.shell.grammar.SizeOption;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.ProgressDisplay;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "import",
    sortOptions = false,
    description = {
      "Make an image of a file or directory of this host. Prints its name.",
      "Its kind is told by its content: a container image (docker save, OCI layout), the tar of a"
          + " root file system, an ext4 file system, a raw or qcow2 disk with an ext4 root."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger image import app.tar                       # docker save app -o app.tar",
      "  banger image import debian-12-genericcloud-amd64.qcow2 --name cloud"
    })
final class ImportCommand implements Callable<Integer> {
  private final ImageService images;
  private final Output output;

  @Parameters(paramLabel = "<path>", description = "The file or directory.")
  private Path path;

  @Option(
      names = "--name",
      paramLabel = "<name>",
      description = "What it is called here. Without it the file's name.")
  private String name;

  @Option(
      names = "--kernel",
      paramLabel = "<kernel>",
      description = "The kernel that its VMs boot. Without it the configured one.")
  private String kernel;

  @Option(
      names = "--size",
      paramLabel = "<size>",
      converter = SizeOption.class,
      description =
          "Size of its root file system: a whole number with K, M, G or T. Without it the configured"
              + " one, and its own for disks and file systems.")
  private Long sizeBytes;

  @Option(names = "--json", description = "Print the image's record as JSON.")
  private boolean json;

  ImportCommand(ImageService images, Output output) {
    this.images = images;
    this.output = output;
  }

  @Override
  public Integer call() {
    Path file = output.console().directory().resolve(path).normalize();
    ImportImage request = new ImportImage(file, name, kernel, sizeBytes);
    Image image;
    try (ProgressDisplay progress = output.progress()) {
      image = images.importImage(request, output.operation().reportingTo(progress));
    }
    if (json) {
      output.json(image);
    } else {
      output.line(image.name());
    }
    return 0;
  }
}
