// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.BangerDirectories;
import dev.banger.image.CatalogImage;
import dev.banger.image.Image;
import dev.banger.image.ImageService;
import dev.banger.imageservice.storage.Drain;
import dev.banger.imageservice.storage.RegistryName;
import dev.banger.imageservice.storage.StorageFailure;
import dev.banger.imageservice.storage.TreeRemoval;
import dev.banger.operation.KeyedLocks;
import dev.banger.operation.Operation;
import dev.banger.store.ImageStore;
import dev.banger.wire.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The images of this installation: rows in the store, files below {@code images/} of the state
 * directory. One lock a name is held by whoever makes or deletes an image of that name; publication
 * is one short window.
 */
@Component(service = ImageService.class, configurationPid = ImageConfiguration.PID)
@Designate(ocd = ImageConfiguration.class)
public final class CatalogImageService implements ImageService {
  private static final Logger LOG = LoggerFactory.getLogger(CatalogImageService.class);
  private static final Duration DRAIN = Duration.ofSeconds(20);
  private static final SecureRandom RANDOM = new SecureRandom();

  private final ImageStore store;
  private final ImageCatalog catalog;
  private final ImageFiles files;
  private final ImageSource source;
  private final String defaultImage;
  private final KeyedLocks names = new KeyedLocks();
  private final Object publication = new Object();
  private final Drain drain = new Drain();

  @Activate
  public CatalogImageService(
      ImageConfiguration configuration,
      @Reference ImageStore store,
      @Reference BangerDirectories directories,
      @Reference ImageSource source,
      @Reference Json json)
      throws IOException {
    this(store, directories.state().resolve("images"), json, source, configuration.defaultImage());
  }

  CatalogImageService(
      ImageStore store, Path directory, Json json, ImageSource source, String defaultImage)
      throws IOException {
    this.store = store;
    this.catalog = ImageCatalog.load(json);
    this.files = new ImageFiles(directory, json);
    this.source = source;
    this.defaultImage = defaultImage;
    heal();
  }

  @Deactivate
  void deactivate() {
    if (!drain.close(DRAIN)) {
      LOG.warn("image operations did not end within {}", DRAIN);
    }
  }

  /** Finishes what a killed process left: half-made images go, published ones get their rows. */
  private void heal() throws IOException {
    files.sweep();
    try {
      for (Image image : files.published()) {
        if (store.findById(image.id()).isEmpty()) {
          adopt(image);
        }
      }
    } catch (BangerException e) {
      LOG.warn("the images' rows cannot be checked: {}", e.getMessage());
    }
  }

  private void adopt(Image image) throws IOException {
    if (store.findByName(image.name()).isPresent()) {
      LOG.info("image {} was made twice; {} is removed", image.name(), image.id());
      files.remove(image.id());
    } else {
      store.insert(image);
      LOG.info("image {} had been published without its row", image.name());
    }
  }

  @Override
  public List<Image> list() {
    return store.list();
  }

  @Override
  public List<CatalogImage> catalog() {
    return catalog.images().stream()
        .map(
            entry ->
                new CatalogImage(
                    entry.name(),
                    entry.distribution(),
                    entry.release(),
                    entry.architecture(),
                    entry.kernel(),
                    entry.description(),
                    store.findByName(entry.name()).isPresent()))
        .toList();
  }

  @Override
  public Image find(String reference) {
    return ImageReferences.find(store.list(), reference).orElseThrow(() -> notFound(reference));
  }

  @Override
  public Image resolve(String reference, Operation operation) {
    String wanted = reference == null ? defaultImage : reference;
    Optional<Image> present = ImageReferences.find(store.list(), wanted);
    if (present.isEmpty() && catalog.find(wanted).isPresent()) {
      return pull(wanted, operation);
    }
    return ImageFiles.requireWhole(present.orElseThrow(() -> notFound(wanted)));
  }

  @Override
  public Image pull(String catalogName, Operation caller) {
    RegistryName.require("image", catalogName);
    ImageCatalog.Entry entry =
        catalog
            .find(catalogName)
            .orElseThrow(
                () ->
                    new BangerException(
                        ErrorCode.NOT_FOUND,
                        "the catalog has no image \""
                            + catalogName
                            + "\"; it has "
                            + catalogNames()));
    try (Drain.Work work = drain.enter(caller);
        KeyedLocks.Held held = names.acquire(catalogName, work.operation())) {
      Optional<Image> present = store.findByName(catalogName);
      return present.isPresent()
          ? ImageFiles.requireWhole(present.get())
          : make(entry, work.operation());
    }
  }

  private Image make(ImageCatalog.Entry entry, Operation operation) {
    byte[] random = new byte[6];
    RANDOM.nextBytes(random);
    String id = HexFormat.of().formatHex(random);
    Path staging = null;
    try {
      staging = files.stage(id);
      ImageSource.Contents contents =
          source.make(entry, staging.resolve(ImageFiles.ROOTFS), operation);
      Image image = record(entry, id, contents);
      files.seal(staging, image);
      operation.check();
      publish(staging, image);
      LOG.info("image {} is here as {}", image.name(), id);
      return image;
    } catch (IOException e) {
      BangerException failure = StorageFailure.of("make image " + entry.name(), e);
      removeStaging(failure, staging);
      throw failure;
    } catch (RuntimeException e) {
      removeStaging(e, staging);
      throw e;
    }
  }

  private static void removeStaging(Throwable failure, Path staging) {
    if (staging != null) {
      TreeRemoval.removeAfter(failure, staging);
    }
  }

  private Image record(ImageCatalog.Entry entry, String id, ImageSource.Contents contents) {
    return new Image(
        id,
        entry.name(),
        entry.distribution(),
        entry.release(),
        entry.architecture(),
        entry.kernel(),
        files.directory(id).resolve(ImageFiles.ROOTFS),
        contents.sizeBytes(),
        contents.allocatedBytes(),
        contents.source(),
        Instant.now().truncatedTo(ChronoUnit.SECONDS));
  }

  private void publish(Path staging, Image image) throws IOException {
    synchronized (publication) {
      files.publish(staging, image.id());
      try {
        store.insert(image);
      } catch (RuntimeException e) {
        TreeRemoval.removeAfter(e, files.directory(image.id()));
        throw e;
      }
    }
  }

  @Override
  public void delete(String reference, Operation caller) {
    Image image = find(reference);
    try (Drain.Work work = drain.enter(caller);
        KeyedLocks.Held held = names.acquire(image.name(), work.operation())) {
      // The row first: the store refuses while machines use the image, and then no file has gone.
      store.delete(image.id());
      files.remove(image.id());
    } catch (IOException e) {
      throw StorageFailure.of("delete image " + image.name(), e);
    }
  }

  private BangerException notFound(String reference) {
    String advice =
        catalog.find(reference).isPresent()
            ? "; pull it with \"banger image pull " + reference + "\""
            : "; the catalog has " + catalogNames();
    return new BangerException(
        ErrorCode.NOT_FOUND, "image \"" + reference + "\" not found" + advice);
  }

  private String catalogNames() {
    return catalog.images().stream()
        .map(ImageCatalog.Entry::name)
        .collect(Collectors.joining(", "));
  }
}
