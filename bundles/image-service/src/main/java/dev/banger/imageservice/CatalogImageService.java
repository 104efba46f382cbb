// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.BangerDirectories;
import dev.banger.host.HostCommands;
import dev.banger.image.CachedLayers;
import dev.banger.image.CatalogImage;
import dev.banger.image.Image;
import dev.banger.image.ImageBundle;
import dev.banger.image.ImageConfig;
import dev.banger.image.ImageService;
import dev.banger.image.ImportImage;
import dev.banger.image.PullImage;
import dev.banger.image.RegisterImage;
import dev.banger.imageservice.bundle.BundleImageSource;
import dev.banger.imageservice.bundle.BundleWriter;
import dev.banger.imageservice.importing.ImageImporter;
import dev.banger.imageservice.storage.DiskUsage;
import dev.banger.imageservice.storage.Drain;
import dev.banger.imageservice.storage.RegistryName;
import dev.banger.imageservice.storage.SparseCopy;
import dev.banger.imageservice.storage.StorageFailure;
import dev.banger.imageservice.storage.TreeRemoval;
import dev.banger.imageservice.workseed.WorkSeed;
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
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The images of this installation: rows in the store, files below {@code images/} of the state
 * directory. One lock a name is held by whoever makes or deletes an image of that name; publication
 * is one short window.
 */
@Component(service = ImageService.class)
public final class CatalogImageService implements ImageService {
  private static final Logger LOG = LoggerFactory.getLogger(CatalogImageService.class);
  // In Debian's words, as in the catalogs; the only one that there is so far.
  private static final String ARCHITECTURE = "amd64";

  /** For what ends by itself when the service leaves. */
  private static final Duration WILLING = Duration.ofMillis(500);

  private static final Duration DRAIN = Duration.ofSeconds(20);
  private static final SecureRandom RANDOM = new SecureRandom();

  private final ImageStore store;
  private final ImageCatalog catalog;
  private final ImageFiles files;
  private final List<RecipeSource> sources;
  private final RegistryImageSource registries;
  private final ImageImporter importer;
  private final BundleWriter bundles;
  private final WorkSeeds seeds;
  private final HostCommands commands;
  private final Supplier<String> defaultImage;
  private final Supplier<String> defaultKernel;
  private final KeyedLocks names = new KeyedLocks();
  private final Object publication = new Object();
  private final Drain drain = new Drain();

  @Activate
  public CatalogImageService(
      @Reference ImageSettings settings,
      @Reference ImageStore store,
      @Reference BangerDirectories directories,
      @Reference(target = "(" + RecipeSource.KIND + "=" + BundleImageSource.BUNDLE + ")")
          RecipeSource bundleSource,
      @Reference(target = "(" + RecipeSource.KIND + "=catalog)") RecipeSource catalogSource,
      @Reference PluginSources plugins,
      @Reference RegistryImageSource registries,
      @Reference ImageImporter importer,
      @Reference HostCommands commands,
      @Reference Json json)
      throws IOException {
    this(
        store,
        directories.state().resolve("images"),
        json,
        List.of(bundleSource, catalogSource, plugins, registries),
        registries,
        importer,
        WorkSeed::write,
        commands,
        () -> settings.now().defaultImage(),
        () -> settings.now().defaultKernel());
  }

  CatalogImageService(
      ImageStore store,
      Path directory,
      Json json,
      List<RecipeSource> sources,
      RegistryImageSource registries,
      ImageImporter importer,
      WorkSeeds.Maker seeds,
      HostCommands commands,
      Supplier<String> defaultImage,
      Supplier<String> defaultKernel)
      throws IOException {
    this.store = store;
    this.catalog = ImageCatalog.load(json);
    this.files = new ImageFiles(directory, json);
    this.sources = List.copyOf(sources);
    this.registries = registries;
    this.importer = importer;
    this.bundles = new BundleWriter(json);
    this.seeds = new WorkSeeds(files, seeds, commands);
    this.commands = commands;
    this.defaultImage = defaultImage;
    this.defaultKernel = defaultKernel;
    heal();
  }

  @Deactivate
  void deactivate() {
    if (!drain.close(WILLING, DRAIN)) {
      LOG.warn("image operations did not end within {}", DRAIN);
    }
  }

  /** Finishes what a killed process left: half-made images go, published ones get their rows. */
  private void heal() {
    try {
      files.sweep();
      for (Image image : files.published()) {
        if (store.findById(image.id()).isEmpty()) {
          adopt(image);
        }
      }
    } catch (BangerException | IOException e) {
      // What is left over is no reason to be without images.
      LOG.warn("what earlier pulls left cannot be settled: {}", e.toString());
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
    String wanted = reference == null ? defaultImage.get() : reference;
    if (isOfRegistry(wanted)) {
      return pull(PullImage.of(wanted), operation);
    }
    Optional<Image> present = ImageReferences.find(store.list(), wanted);
    if (present.isEmpty() && catalog.find(wanted).isPresent()) {
      return pull(PullImage.of(wanted), operation);
    }
    return ImageFiles.requireWhole(present.orElseThrow(() -> notFound(wanted)));
  }

  /** Names of images have none of these; a word alone could be a typing error. */
  private static boolean isOfRegistry(String reference) {
    return reference.chars().anyMatch(character -> "/:@".indexOf(character) >= 0);
  }

  @Override
  public Image pull(PullImage request, Operation caller) {
    ImageRecipe recipe = recipe(request);
    String name =
        RegistryName.require("image", request.name() == null ? recipe.name() : request.name());
    if (request.kernel() != null) {
      RegistryName.require("kernel", request.kernel());
    }
    try (Drain.Work work = drain.enter(caller);
        KeyedLocks.Held held = names.acquire(name, work.operation())) {
      Optional<Image> present = store.findByName(name);
      return present.isPresent()
          ? ImageFiles.requireWhole(requireOrigin(present.get(), recipe))
          : make(name, request.kernel(), recipe, work.operation());
    }
  }

  @Override
  public Image importImage(ImportImage request, Operation caller) {
    ImageRecipe recipe = importer.recipe(request);
    String name =
        RegistryName.require("image", request.name() == null ? recipe.name() : request.name());
    if (request.kernel() != null) {
      RegistryName.require("kernel", request.kernel());
    }
    try (Drain.Work work = drain.enter(caller);
        KeyedLocks.Held held = names.acquire(name, work.operation())) {
      if (store.findByName(name).isPresent()) {
        // Unlike the content behind a reference, a file may be another one by now.
        throw new BangerException(
            ErrorCode.ALREADY_EXISTS,
            "an image \"%s\" is here already; choose another name with --name, or delete it first"
                .formatted(name));
      }
      return make(name, request.kernel(), recipe, work.operation());
    }
  }

  @Override
  public ImageBundle makeBundle(String reference, Path directory, Operation caller) {
    Image image = ImageFiles.requireWhole(find(reference));
    try (Drain.Work work = drain.enter(caller)) {
      return bundles.write(image, directory, work.operation());
    }
  }

  private ImageRecipe recipe(PullImage request) {
    if (request.source() == null || request.source().isBlank()) {
      throw new BangerException(ErrorCode.BAD_REQUEST, "the source of the image is required");
    }
    return sources.stream()
        .map(source -> source.recipe(request))
        .flatMap(Optional::stream)
        .findFirst()
        .orElseThrow(() -> notFound(request.source()));
  }

  private static Image requireOrigin(Image image, ImageRecipe recipe) {
    if (image.source().equals(recipe.origin())) {
      return image;
    }
    throw new BangerException(
        ErrorCode.ALREADY_EXISTS,
        "an image \"%s\" is here, but it came from %s, not from %s; choose another name with --name"
            .formatted(image.name(), image.source(), recipe.origin()));
  }

  private Image make(String name, String kernel, ImageRecipe recipe, Operation operation) {
    byte[] random = new byte[6];
    RANDOM.nextBytes(random);
    String id = HexFormat.of().formatHex(random);
    Path staging = null;
    try {
      staging = files.stage(id);
      ImageRecipe.Contents contents = recipe.make(staging.resolve(ImageFiles.ROOTFS), operation);
      Image image =
          seeds.add(record(id, name, kernel, recipe.origin(), contents), staging, operation);
      files.seal(staging, image);
      operation.check();
      publish(staging, image);
      LOG.info("image {} is here as {}", image.name(), id);
      return image;
    } catch (IOException e) {
      BangerException failure = StorageFailure.of("make image " + name, e);
      removeStaging(failure, staging);
      throw failure;
    } catch (RuntimeException | Error e) {
      removeStaging(e, staging);
      throw e;
    }
  }

  private static void removeStaging(Throwable failure, Path staging) {
    if (staging != null) {
      TreeRemoval.removeAfter(failure, staging);
    }
  }

  private Image record(
      String id, String name, String kernel, String origin, ImageRecipe.Contents contents) {
    String wanted = kernel == null ? contents.kernel() : kernel;
    return new Image(
        id,
        name,
        contents.distribution(),
        contents.release(),
        ARCHITECTURE,
        wanted == null ? defaultKernel.get() : wanted,
        files.directory(id).resolve(ImageFiles.ROOTFS),
        contents.sizeBytes(),
        contents.allocatedBytes(),
        origin,
        contents.digest(),
        contents.config(),
        false,
        Instant.now().truncatedTo(ChronoUnit.SECONDS));
  }

  private void publish(Path staging, Image image) throws IOException {
    synchronized (publication) {
      files.publish(staging, image.id());
      try {
        store.insert(image);
      } catch (RuntimeException | Error e) {
        TreeRemoval.removeAfter(e, files.directory(image.id()));
        throw e;
      }
    }
  }

  @Override
  public Image register(RegisterImage request, Operation caller) {
    String name = RegistryName.require("image", request.name());
    String kernel =
        request.kernel() == null
            ? defaultKernel.get()
            : RegistryName.require("kernel", request.kernel());
    byte[] random = new byte[6];
    RANDOM.nextBytes(random);
    try (Drain.Work work = drain.enter(caller);
        KeyedLocks.Held held = names.acquire(name, work.operation())) {
      long size = RootFileSystem.requireSize(request.rootfs());
      Image image =
          new Image(
              HexFormat.of().formatHex(random),
              name,
              "unknown",
              "unknown",
              ARCHITECTURE,
              kernel,
              request.rootfs(),
              size,
              DiskUsage.of(request.rootfs(), commands, work.operation()),
              "file:" + request.rootfs(),
              null,
              ImageConfig.NONE,
              true,
              Instant.now().truncatedTo(ChronoUnit.SECONDS));
      store.insert(image);
      return image;
    }
  }

  @Override
  public Image promote(String reference, Operation caller) {
    Image found = find(reference);
    try (Drain.Work work = drain.enter(caller);
        Locked locked = lock(found, work.operation())) {
      Image image = locked.image;
      return image.unmanaged() ? copy(image, work.operation()) : image;
    }
  }

  /** An image as it is under the lock of its name. */
  private record Locked(Image image, KeyedLocks.Held held) implements AutoCloseable {
    @Override
    public void close() {
      held.close();
    }
  }

  /** Takes the lock of an image's name, which may become another one while that is waited for. */
  private Locked lock(Image found, Operation operation) {
    Image seen = found;
    while (true) {
      KeyedLocks.Held held = names.acquire(seen.name(), operation);
      Image image;
      try {
        image = store.findById(found.id()).orElseThrow(() -> notFound(found.name()));
      } catch (RuntimeException | Error e) {
        held.close();
        throw e;
      }
      if (image.name().equals(seen.name())) {
        return new Locked(image, held);
      }
      held.close();
      seen = image;
    }
  }

  private Image copy(Image image, Operation operation) {
    ImageFiles.requireWhole(image);
    Path staging = null;
    try {
      staging = files.stage(image.id());
      Path rootfs = staging.resolve(ImageFiles.ROOTFS);
      SparseCopy.copy(image.rootfs(), rootfs, operation);
      Image copied =
          image.managed(
              files.directory(image.id()).resolve(ImageFiles.ROOTFS),
              DiskUsage.of(rootfs, commands, operation));
      Image owned = seeds.add(copied, staging, operation);
      files.seal(staging, owned);
      operation.check();
      synchronized (publication) {
        files.publish(staging, image.id());
        try {
          // Machines' disks name the file that they were made over.
          store.replaceUnused(owned);
        } catch (RuntimeException | Error e) {
          TreeRemoval.removeAfter(e, files.directory(image.id()));
          throw e;
        }
      }
      return owned;
    } catch (IOException e) {
      BangerException failure = StorageFailure.of("copy image " + image.name(), e);
      removeStaging(failure, staging);
      throw failure;
    } catch (RuntimeException | Error e) {
      removeStaging(e, staging);
      throw e;
    }
  }

  @Override
  public Image refreshSeed(String reference, Operation caller) {
    Image found = find(reference);
    if (found.unmanaged()) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          "image \"%s\" is a file of yours and has no work seed; promote it first, with \"banger image promote %s\""
              .formatted(found.name(), found.name()));
    }
    try (Drain.Work work = drain.enter(caller);
        Locked locked = lock(found, work.operation())) {
      Image image = ImageFiles.requireWhole(locked.image);
      Image renewed = seeds.renew(image, work.operation());
      store.update(renewed);
      files.record(renewed);
      return renewed;
    } catch (IOException e) {
      throw StorageFailure.of("make the work seed of image " + found.name(), e);
    }
  }

  @Override
  public Image rename(String reference, String name, Operation caller) {
    Image found = find(reference);
    RegistryName.require("image", name);
    if (found.name().equals(name)) {
      return found;
    }
    // In one order, so that two that exchange names do not wait for each other.
    String first = found.name().compareTo(name) < 0 ? found.name() : name;
    String second = first.equals(name) ? found.name() : name;
    try (Drain.Work work = drain.enter(caller);
        KeyedLocks.Held one = names.acquire(first, work.operation());
        KeyedLocks.Held other = names.acquire(second, work.operation())) {
      Image image = store.findById(found.id()).orElseThrow(() -> notFound(found.name()));
      if (image.name().equals(found.name())) {
        return renameLocked(image, name);
      }
    } catch (IOException e) {
      throw StorageFailure.of("rename image " + found.name(), e);
    }
    return rename(found.id(), name, caller); // somebody else has renamed it meanwhile
  }

  private Image renameLocked(Image image, String name) throws IOException {
    Image renamed = image.named(name);
    store.update(renamed);
    if (!renamed.unmanaged()) {
      files.record(renamed);
    }
    return renamed;
  }

  @Override
  public CachedLayers cache() {
    return registries.cached();
  }

  @Override
  public CachedLayers pruneCache(Duration unused, boolean dryRun, Operation caller) {
    try (Drain.Work work = drain.enter(caller)) {
      return registries.prune(unused, dryRun, work.operation());
    }
  }

  @Override
  public void delete(String reference, Operation caller) {
    Image found = find(reference);
    try (Drain.Work work = drain.enter(caller);
        Locked locked = lock(found, work.operation())) {
      Image image = locked.image;
      // The row first: the store refuses while machines use the image, and then no file has gone.
      store.delete(image.id());
      if (!image.unmanaged()) {
        files.remove(image.id());
      }
    } catch (IOException e) {
      throw StorageFailure.of("delete image " + found.name(), e);
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
