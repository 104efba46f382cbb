// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.image.CachedLayers;
import dev.banger.image.CatalogImage;
import dev.banger.image.Image;
import dev.banger.image.ImageBundle;
import dev.banger.image.ImageConfig;
import dev.banger.image.ImageService;
import dev.banger.image.ImportImage;
import dev.banger.image.PullImage;
import dev.banger.image.RegisterImage;
import dev.banger.operation.Operation;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** One image that is here, and a catalog of two. */
public final class FakeImages implements ImageService {
  public final List<String> calls = new ArrayList<>();
  public ImageConfig config = ImageConfig.NONE;
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
          null,
          ImageConfig.NONE,
          false,
          Instant.parse("2026-01-02T03:04:05Z"),
          Path.of("/state/images/0123456789ab/work-seed.ext4"));

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
      return configured();
    }
    throw new BangerException(ErrorCode.NOT_FOUND, "image '" + reference + "' not found");
  }

  @Override
  public Image resolve(String reference, Operation operation) {
    return find(reference);
  }

  @Override
  public Image pull(PullImage request, Operation operation) {
    calls.add("pull " + request);
    operation.progress().bytes("image_pull", "downloading packages", 10, 100);
    return image;
  }

  @Override
  public Image importImage(ImportImage request, Operation operation) {
    calls.add("import " + request);
    return image;
  }

  @Override
  public ImageBundle makeBundle(String reference, Path directory, Operation operation) {
    calls.add("bundle " + reference + " " + directory);
    return new ImageBundle(
        directory.resolve("debian-bookworm-amd64-0123456789ab.tar.zst"), "01".repeat(32), 2L << 20);
  }

  @Override
  public Image register(RegisterImage request, Operation operation) {
    calls.add("register " + request);
    return image;
  }

  @Override
  public Image promote(String reference, Operation operation) {
    calls.add("promote " + reference);
    return image;
  }

  @Override
  public Image refreshSeed(String reference, Operation operation) {
    calls.add("refresh seed " + reference);
    return image;
  }

  @Override
  public Image rename(String reference, String name, Operation operation) {
    calls.add("rename " + reference + " " + name);
    return image.named(name);
  }

  @Override
  public CachedLayers cache() {
    return new CachedLayers(Path.of("/cache/oci"), 3, 5L << 20);
  }

  @Override
  public CachedLayers pruneCache(Duration unused, boolean dryRun, Operation operation) {
    calls.add("prune " + unused + (dryRun ? " dry" : ""));
    return new CachedLayers(Path.of("/cache/oci"), 2, 3L << 20);
  }

  @Override
  public void delete(String reference, Operation operation) {
    calls.add("delete " + reference);
  }

  private Image configured() {
    return new Image(
        image.id(),
        image.name(),
        image.distribution(),
        image.release(),
        image.architecture(),
        image.kernel(),
        image.rootfs(),
        image.sizeBytes(),
        image.allocatedBytes(),
        image.source(),
        image.digest(),
        config,
        image.unmanaged(),
        image.createdAt(),
        image.workSeed());
  }
}
