// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.shell.grammar.CountOption;
import dev.banger.shell.grammar.MemoryOption;
import dev.banger.shell.grammar.NameOption;
import dev.banger.shell.grammar.SizeOption;
import dev.banger.vm.CreateVm;
import picocli.CommandLine.Option;

/** What a new VM is to be. */
final class SizingOptions {
  @Option(
      names = "--name",
      paramLabel = "<name>",
      converter = NameOption.class,
      description = "Its name: 1 to 63 of a-z, 0-9 and '-'. Without it one is made up.")
  String name;

  @Option(
      names = "--image",
      paramLabel = "<image>",
      description =
          "The image to start from: an id, a name, an unambiguous prefix, or what is pulled when it"
              + " is missing: a catalog name or a registry's reference (one with '/' or ':')."
              + " Without it the configured default.")
  String image;

  @Option(
      names = "--vcpu",
      paramLabel = "<count>",
      converter = CountOption.class,
      description = "Virtual CPUs.")
  Integer vcpus;

  @Option(
      names = "--memory",
      paramLabel = "<size>",
      converter = MemoryOption.class,
      description = "Memory: a whole number with K, M, G or T; without a unit MiB.")
  Long memoryMib;

  @Option(
      names = "--disk-size",
      paramLabel = "<size>",
      converter = SizeOption.class,
      description = "Root disk, at least the image's size: a whole number with K, M, G or T.")
  Long diskBytes;

  CreateVm request() {
    return new CreateVm(name, image, vcpus, memoryMib, diskBytes, null);
  }
}
