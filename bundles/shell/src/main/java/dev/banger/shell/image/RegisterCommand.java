// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.image;

import dev.banger.image.ImageService;
import dev.banger.image.RegisterImage;
import dev.banger.shell.output.Output;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "register",
    sortOptions = false,
    description = {
      "Use an ext4 root file system of this host where it lies, as an image. Prints its name.",
      "Its file must not change any more; 'banger image promote' makes a copy of its own."
    },
    footerHeading = "%nExamples:%n",
    footer = "  banger image register --name mine --rootfs /srv/images/mine.ext4")
final class RegisterCommand implements Callable<Integer> {
  private final ImageService images;
  private final Output output;

  @Option(
      names = "--name",
      required = true,
      paramLabel = "<name>",
      description = "What it is called here.")
  private String name;

  @Option(
      names = "--rootfs",
      required = true,
      paramLabel = "<file>",
      description = "The file: an ext4 file system without a partition table.")
  private Path rootfs;

  @Option(
      names = "--kernel",
      paramLabel = "<kernel>",
      description = "The kernel that its VMs boot. Without it the configured one.")
  private String kernel;

  RegisterCommand(ImageService images, Output output) {
    this.images = images;
    this.output = output;
  }

  @Override
  public Integer call() {
    Path file = output.console().directory().resolve(rootfs).normalize();
    output.line(images.register(new RegisterImage(name, file, kernel), output.operation()).name());
    return 0;
  }
}
