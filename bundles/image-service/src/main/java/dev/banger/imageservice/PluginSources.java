// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.image.ImageSource;
import dev.banger.image.ImportImage;
import dev.banger.image.PullImage;
import dev.banger.image.SourceImage;
import dev.banger.imageservice.importing.ImageImporter;
import dev.banger.imageservice.storage.PrivateFiles;
import dev.banger.imageservice.storage.RegistryName;
import dev.banger.imageservice.storage.TreeRemoval;
import dev.banger.operation.Operation;
import dev.banger.plugin.PluginService;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The sources of images that other bundles have, which come and go. */
@Component(
    service = {RecipeSource.class, PluginSources.class},
    property = RecipeSource.KIND + "=plugin")
public final class PluginSources implements RecipeSource {
  private static final Logger LOG = LoggerFactory.getLogger(PluginSources.class);

  private final ImageImporter importer;

  /** Lowest ranking first. */
  @Reference(policyOption = ReferencePolicyOption.GREEDY)
  private volatile List<ImageSource> sources;

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  volatile PluginService plugins;

  @Activate
  public PluginSources(@Reference ImageImporter importer) {
    this(importer, List.of());
  }

  PluginSources(ImageImporter importer, List<ImageSource> sources) {
    this.importer = importer;
    this.sources = sources;
  }

  @Override
  public Optional<ImageRecipe> recipe(PullImage request) {
    awaitPlugins();
    List<ImageSource> highestFirst = new ArrayList<>(sources);
    Collections.reverse(highestFirst);
    for (ImageSource source : highestFirst) {
      Optional<SourceImage> image = find(source, request.source());
      if (image.isPresent()) {
        return Optional.of(recipe(source, image.get(), request));
      }
    }
    return Optional.empty();
  }

  /** Of a daemon that has just started; that takes a bounded moment. */
  private void awaitPlugins() {
    PluginService present = plugins;
    if (present != null) {
      present.awaitInitial(Operation.background());
    }
  }

  /** One that fails keeps nobody from the others. */
  private static Optional<SourceImage> find(ImageSource source, String reference) {
    try {
      return as(source, () -> Objects.requireNonNull(source.find(reference), "no answer"));
    } catch (BangerException e) {
      throw e;
    } catch (IOException | RuntimeException | LinkageError e) {
      LOG.error("the image source {} failed", source.getClass().getName(), e);
      return Optional.empty();
    }
  }

  private ImageRecipe recipe(ImageSource source, SourceImage image, PullImage request) {
    String name = required(source, image.name());
    String origin = required(source, image.origin());
    return new ImageRecipe() {
      @Override
      public String name() {
        return RegistryName.resembling(name);
      }

      @Override
      public String origin() {
        return origin;
      }

      @Override
      public Contents make(Path rootfs, Operation operation) throws IOException {
        Path directory = PrivateFiles.createDirectory(rootfs.resolveSibling("fetched"));
        SourceImage.Content content = fetch(source, image, directory, operation);
        operation.check();
        Contents contents =
            importer
                .recipe(
                    new ImportImage(content.path(), name, null, request.sizeBytes()),
                    content.config())
                .make(rootfs, operation);
        TreeRemoval.remove(directory);
        return contents;
      }
    };
  }

  private static SourceImage.Content fetch(
      ImageSource source, SourceImage image, Path directory, Operation operation)
      throws IOException {
    try {
      return as(
          source, () -> Objects.requireNonNull(image.fetch(directory, operation), "no content"));
    } catch (BangerException e) {
      throw e;
    } catch (RuntimeException | LinkageError e) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          "the image source %s failed: %s".formatted(source.getClass().getName(), e),
          e);
    }
  }

  private static String required(ImageSource source, String text) {
    if (text == null || text.isBlank()) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          "the image source %s gives an image without name or origin"
              .formatted(source.getClass().getName()));
    }
    return text;
  }

  @FunctionalInterface
  private interface Call<T> {
    T make() throws IOException;
  }

  private static <T> T as(ImageSource source, Call<T> call) throws IOException {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(source.getClass().getClassLoader());
    try {
      return call.make();
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
