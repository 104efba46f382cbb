// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.image.CatalogImage;
import dev.banger.image.Image;
import dev.banger.image.ImageService;
import dev.banger.operation.Operation;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** One image that is here, and a catalog of two. */
public final class FakeImages implements ImageService {
  public final List<String> calls = new ArrayList<>();
  private final Image image =
      new Image(
          "0123456789ab",
          "debian-bookworm",
          "debian",
          "bookworm",
          "amd64",
          "debian-cloud",
          Path.of("/state/images/0123456789ab/rootfs.ext4"),
          2L << 30,
          600L << 20,
          "mmdebstrap",
          Instant.parse("2026-01-02T03:04:05Z"));

  @Override
  public List<Image> list() {
    return List.of(image);
  }

  @Override
  public List<CatalogImage> catalog() {
    return List.of(
        new CatalogImage(
            "debian-bookworm", "debian", "bookworm", "amd64", "debian-cloud", "Debian 12", true),
        new CatalogImage(
            "debian-trixie", "debian", "trixie", "amd64", "debian-cloud", "Debian 13", false));
  }

  @Override
  public Image find(String reference) {
    if (image.name().startsWith(reference) || image.id().startsWith(reference)) {
      return image;
    }
    throw new BangerException(ErrorCode.NOT_FOUND, "image '" + reference + "' not found");
  }

  @Override
  public Image resolve(String reference, Operation operation) {
    return find(reference);
  }

  @Override
  public Image pull(String catalogName, Operation operation) {
    calls.add("pull " + catalogName);
    operation.progress().bytes("image_pull", "downloading packages", 10, 100);
    return image;
  }

  @Override
  public void delete(String reference, Operation operation) {
    calls.add("delete " + reference);
  }
}
