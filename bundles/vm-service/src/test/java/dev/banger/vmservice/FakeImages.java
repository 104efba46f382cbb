// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.image.CachedLayers;
import dev.banger.image.CatalogImage;
import dev.banger.image.Image;
import dev.banger.image.ImageBundle;
import dev.banger.image.ImageService;
import dev.banger.image.ImportImage;
import dev.banger.image.PullImage;
import dev.banger.image.RegisterImage;
import dev.banger.operation.Operation;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** One image. */
final class FakeImages implements ImageService {
  volatile Image image;
  private final Faults faults;
  volatile Runnable whileResolving = () -> {};

  FakeImages(Image image, Faults faults) {
    this.image = image;
    this.faults = faults;
  }

  @Override
  public List<Image> list() {
    return List.of(image);
  }

  @Override
  public List<CatalogImage> catalog() {
    return List.of();
  }

  @Override
  public Image find(String reference) {
    faults.at("image");
    return image;
  }

  @Override
  public Image resolve(String reference, Operation operation) {
    faults.at("resolve");
    whileResolving.run();
    if (reference != null && !reference.equals(image.name())) {
      throw new BangerException(ErrorCode.NOT_FOUND, "image " + reference + " not found");
    }
    return image;
  }

  @Override
  public Image pull(PullImage request, Operation operation) {
    return image;
  }

  @Override
  public Image importImage(ImportImage request, Operation operation) {
    return image;
  }

  @Override
  public ImageBundle makeBundle(String reference, Path directory, Operation operation) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Image register(RegisterImage request, Operation operation) {
    return image;
  }

  @Override
  public Image promote(String reference, Operation operation) {
    return image;
  }

  @Override
  public Image refreshSeed(String reference, Operation operation) {
    return image;
  }

  @Override
  public Image rename(String reference, String name, Operation operation) {
    return image;
  }

  @Override
  public CachedLayers cache() {
    return new CachedLayers(Path.of("/cache/oci"), 3, 5L << 20);
  }

  @Override
  public CachedLayers pruneCache(Duration unused, boolean dryRun, Operation operation) {
    return cache();
  }

  @Override
  public void delete(String reference, Operation operation) {}
}
