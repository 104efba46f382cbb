// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import dev.banger.host.BangerDirectories;
import dev.banger.host.HostCommands;
import dev.banger.image.CachedLayers;
import dev.banger.image.PullImage;
import dev.banger.imageservice.layers.Layer;
import dev.banger.imageservice.layers.LayerDigest;
import dev.banger.imageservice.layers.LayerLimits;
import dev.banger.imageservice.layers.LayeredImage;
import dev.banger.imageservice.layers.WrittenImage;
import dev.banger.imageservice.oci.BlobCache;
import dev.banger.imageservice.oci.CachedBlob;
import dev.banger.imageservice.oci.OciImage;
import dev.banger.imageservice.oci.OciLayer;
import dev.banger.imageservice.oci.OciPuller;
import dev.banger.imageservice.oci.OciReference;
import dev.banger.imageservice.oci.OciSettings;
import dev.banger.imageservice.storage.DiskUsage;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * Images of registries: their layers are fetched into a cache and merged straight into an ext4
 * image.
 */
@Component(
    service = {RecipeSource.class, RegistryImageSource.class},
    property = RecipeSource.KIND + "=" + RegistryImageSource.REGISTRY)
public final class RegistryImageSource implements RecipeSource {
  /** The kind of this source. */
  public static final String REGISTRY = "registry";

  private final Supplier<ImageConfiguration> configuration;
  private final HostCommands commands;
  private final Path directory;
  private final BlobCache cache;
  private final OciSettings oci;
  private OciPuller puller;

  @Activate
  public RegistryImageSource(
      @Reference ImageSettings settings,
      @Reference BangerDirectories directories,
      @Reference HostCommands commands) {
    this(
        settings::now,
        directories.cache().resolve("oci"),
        commands,
        OciSettings.of(System.getenv(), Path.of(System.getProperty("user.home"))));
  }

  RegistryImageSource(
      Supplier<ImageConfiguration> configuration,
      Path directory,
      HostCommands commands,
      OciSettings oci) {
    this.configuration = configuration;
    this.commands = commands;
    this.directory = directory;
    cache = new BlobCache(directory);
    cache.sweep();
    this.oci = oci;
  }

  /** Every source that no other kind wants is taken for a reference. */
  @Override
  public Optional<ImageRecipe> recipe(PullImage request) {
    return Optional.of(
        new Recipe(
            OciReference.parse(request.source()),
            request.insecure(),
            ImageSize.of(request.sizeBytes(), configuration.get())));
  }

  /** Made when it is needed: its certificates take a tenth of a second that a start would feel. */
  private synchronized OciPuller puller() {
    if (puller == null) {
      puller = new OciPuller(cache, oci);
    }
    return puller;
  }

  /** What the cache holds. */
  CachedLayers cached() {
    return summary(cache.list());
  }

  /** See {@link dev.banger.image.ImageService#pruneCache}. */
  CachedLayers prune(Duration unused, boolean dryRun, Operation operation) {
    return summary(cache.prune(unused, dryRun, operation));
  }

  private CachedLayers summary(List<CachedBlob> blobs) {
    return new CachedLayers(
        directory, blobs.size(), blobs.stream().mapToLong(CachedBlob::bytes).sum());
  }

  private final class Recipe implements ImageRecipe {
    private final OciReference reference;
    private final boolean insecure;
    private final long sizeBytes;

    private Recipe(OciReference reference, boolean insecure, long sizeBytes) {
      this.reference = reference;
      this.insecure = insecure;
      this.sizeBytes = sizeBytes;
    }

    @Override
    public String name() {
      return reference.defaultName();
    }

    @Override
    public String origin() {
      return reference.toString();
    }

    @Override
    public Contents make(Path rootfs, Operation operation) throws IOException {
      try (BlobCache.Hold hold = cache.hold()) {
        OciImage image = puller().pull(reference, insecure, operation);
        String digest = image.manifestDigest().toString();
        WrittenImage written =
            LayeredImage.of(LayeredImage.options(sizeBytes, digest).build())
                .limitedTo(
                    LayerLimits.DEFAULT.withBytes(
                        ImageSize.parse(configuration.get().largestContent())))
                .with(WorkingDirectory.of(image.config().workingDir()))
                .write(
                    image.layers().stream().map(RegistryImageSource::layer).toList(),
                    rootfs,
                    operation);
        return new Contents(
            reference.repository().substring(reference.repository().lastIndexOf('/') + 1),
            reference.tag().orElseGet(() -> image.manifestDigest().hex().substring(0, 12)),
            null,
            written.sizeBytes(),
            DiskUsage.of(rootfs, commands, operation),
            digest,
            ContainerConfig.of(image.config()));
      }
    }
  }

  private static Layer layer(OciLayer layer) {
    return Layer.of(() -> Files.newInputStream(layer.file()), layer.compression())
        .withDiffId(LayerDigest.parse(layer.diffId().toString()));
  }
}
