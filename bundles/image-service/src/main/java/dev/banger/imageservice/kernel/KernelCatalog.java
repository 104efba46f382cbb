// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import dev.banger.imageservice.CatalogFile;
import dev.banger.wire.Json;
import java.util.List;
import java.util.Optional;

/**
 * The kernels that can be pulled by name, from {@code kernels.json}.
 *
 * @param version of the file's form
 * @param modules what an initramfs loads, in order; what they depend on is added, and what a kernel
 *     has built in or does not have is left out
 * @param kernels the entries
 */
public record KernelCatalog(int version, List<String> modules, List<Entry> kernels) {
  private static final String FILE = "kernels.json";

  public KernelCatalog {
    modules = List.copyOf(modules);
    kernels = List.copyOf(kernels);
  }

  static KernelCatalog load(Json json) {
    return json.read(CatalogFile.read(FILE), KernelCatalog.class);
  }

  Optional<Entry> find(String name) {
    return kernels.stream().filter(entry -> entry.name().equals(name)).findFirst();
  }

  /**
   * A kernel from Debian's packages.
   *
   * @param name its name
   * @param suite where its packages come from
   * @param architecture in Debian's words
   * @param metaPackage the package that depends on the newest kernel package
   * @param description what it is, in a line
   */
  public record Entry(
      String name, String suite, String architecture, String metaPackage, String description) {}
}
