// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a kernel module says about itself in its section {@code .modinfo}.
 *
 * @param name its name, with underscores as the kernel has it
 * @param needs the names of modules that must be loaded before it
 */
public record KernelModule(String name, List<String> needs) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_]{1,64}");

  public KernelModule {
    needs = List.copyOf(needs);
  }

  /**
   * Reads a module's section.
   *
   * @param fileName its file's name without the ending, which counts when the module gives no name
   * @throws IOException when it is no module, or its name could not be a file's
   */
  public static KernelModule read(String fileName, byte[] content) throws IOException {
    byte[] section =
        ElfFile.of(content)
            .section(".modinfo")
            .orElseThrow(() -> new IOException(fileName + " is not a kernel module"));
    String name = canonical(fileName);
    List<String> needs = new ArrayList<>();
    for (String field : new String(section, US_ASCII).split("\0", -1)) {
      if (field.startsWith("name=")) {
        name = canonical(field.substring("name=".length()));
      } else if (field.startsWith("depends=")) {
        addNames(needs, field.substring("depends=".length()).split(","));
      } else if (field.startsWith("softdep=pre:")) {
        String[] words = field.substring("softdep=pre:".length()).split("post:")[0].split("\\s+");
        addNames(needs, words);
      }
    }
    if (!NAME.matcher(name).matches()) {
      throw new IOException(fileName + " gives itself an impossible name");
    }
    return new KernelModule(name, needs);
  }

  /** The release of the kernel that a module says it is made for. */
  static Optional<String> release(byte[] content) throws IOException {
    byte[] section = ElfFile.of(content).section(".modinfo").orElse(new byte[0]);
    return Arrays.stream(new String(section, US_ASCII).split("\0", -1))
        .filter(field -> field.startsWith("vermagic="))
        .map(field -> field.substring("vermagic=".length()).split(" ", 2)[0])
        .findFirst();
  }

  /** A module's name as the kernel has it: files may have hyphens where names have underscores. */
  static String canonical(String name) {
    return name.replace('-', '_');
  }

  private static void addNames(List<String> to, String[] names) {
    for (String name : names) {
      if (!name.isBlank()) {
        to.add(canonical(name.strip()));
      }
    }
  }
}
