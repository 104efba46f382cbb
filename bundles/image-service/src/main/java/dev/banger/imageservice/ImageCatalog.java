// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import dev.banger.wire.Json;
import java.util.List;
import java.util.Optional;

/**
 * The images that can be pulled by name, from {@code images.json}.
 *
 * @param version of the file's form
 * @param images the entries
 */
public record ImageCatalog(int version, List<Entry> images) {
  private static final String FILE = "images.json";

  public ImageCatalog {
    images = List.copyOf(images);
  }

  /** The catalog of this program. */
  public static ImageCatalog load(Json json) {
    return json.read(CatalogFile.read(FILE), ImageCatalog.class);
  }

  /** The entry of an exact name. */
  public Optional<Entry> find(String name) {
    return images.stream().filter(entry -> entry.name().equals(name)).findFirst();
  }

  /**
   * An image that is made of packages.
   *
   * @param name its name
   * @param distribution {@code debian} or {@code ubuntu}
   * @param release the suite
   * @param architecture in Debian's words
   * @param kernel name of the kernel that it wants
   * @param description what it holds, in a line
   * @param packages installed beside the smallest system with apt
   */
  public record Entry(
      String name,
      String distribution,
      String release,
      String architecture,
      String kernel,
      String description,
      List<String> packages) {
    public Entry {
      packages = List.copyOf(packages);
    }
  }
}
