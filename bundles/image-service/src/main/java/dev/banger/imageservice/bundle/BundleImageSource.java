// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.bundle;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.HostCommands;
import dev.banger.image.PullImage;
import dev.banger.imageservice.ImageRecipe;
import dev.banger.imageservice.ImageSettings;
import dev.banger.imageservice.ImageSize;
import dev.banger.imageservice.RecipeSource;
import dev.banger.imageservice.storage.DiskUsage;
import dev.banger.operation.Operation;
import dev.banger.wire.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Images in one file, from this host or from a network. */
@Component(
    service = RecipeSource.class,
    property = RecipeSource.KIND + "=" + BundleImageSource.BUNDLE)
public final class BundleImageSource implements RecipeSource {
  /** The kind of this source. */
  public static final String BUNDLE = "bundle";

  private static final Pattern NETWORK = Pattern.compile("(?i)https?://.*");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final Duration SILENCE = Duration.ofSeconds(60);

  private final HostCommands commands;
  private final Json json;
  private final LongSupplier largest;
  private final BundleDownload download;

  @Activate
  public BundleImageSource(
      @Reference ImageSettings settings, @Reference HostCommands commands, @Reference Json json) {
    this(
        commands,
        json,
        () -> ImageSize.parse(settings.now().largestContent()),
        BundleDownload.withSilence(SILENCE));
  }

  BundleImageSource(
      HostCommands commands, Json json, LongSupplier largest, BundleDownload download) {
    this.commands = commands;
    this.json = json;
    this.largest = largest;
    this.download = download;
  }

  @Override
  public Optional<ImageRecipe> recipe(PullImage request) {
    String source = request.source();
    boolean network = NETWORK.matcher(source).matches();
    boolean file = source.startsWith("/") || source.startsWith("file:");
    if (!network && !file) {
      if (request.sha256() != null) {
        throw refused("a sha256 is for bundles; a registry's image is pinned by name@sha256:…");
      }
      return Optional.empty();
    }
    if (request.sizeBytes() != null) {
      throw refused("a bundle has a size already; give the VM a larger one with --disk-size");
    }
    Optional<String> sha256 = Optional.ofNullable(request.sha256()).map(BundleImageSource::sha256);
    return Optional.of(network ? ofNetwork(source, sha256) : ofFile(path(source), sha256));
  }

  private static String sha256(String text) {
    String hex = text.toLowerCase(Locale.ROOT);
    if (!SHA256.matcher(hex).matches()) {
      throw refused("the sha256 must have 64 hex digits");
    }
    return hex;
  }

  private Recipe ofNetwork(String source, Optional<String> sha256) {
    URI address = address(source);
    if (address.getHost() == null || address.getPath() == null) {
      throw refused("the bundle's address has no host or no path");
    }
    if (address.getUserInfo() != null) {
      throw refused("the bundle's address must not have a password in it");
    }
    if (sha256.isEmpty()) {
      throw refused("a bundle from a network needs its sha256: give it with --sha256");
    }
    String shown = address.getScheme() + "://" + address.getAuthority() + address.getPath();
    return new Recipe(
        name(address.getPath()),
        shown,
        sha256,
        operation -> {
          operation.progress().stage("image_download", "asking for " + shown);
          return download.open(address, operation);
        });
  }

  private Recipe ofFile(Path path, Optional<String> sha256) {
    return new Recipe(name(path.toString()), "file:" + path, sha256, operation -> open(path));
  }

  private static Path path(String source) {
    Path path = Path.of(source.startsWith("/") ? source : fileOf(address(source)));
    if (!path.isAbsolute()) {
      throw refused("the path of a bundle must be absolute");
    }
    return path.normalize();
  }

  private static URI address(String source) {
    try {
      return URI.create(source);
    } catch (IllegalArgumentException e) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST, "\"" + source + "\" is no address: " + e.getMessage(), e);
    }
  }

  private static String fileOf(URI address) {
    if (address.getPath() == null || address.getAuthority() != null) {
      throw refused("a file's address is file: and an absolute path");
    }
    return address.getPath();
  }

  private static String name(String path) {
    String file = path.substring(path.lastIndexOf('/') + 1);
    if (!file.endsWith(BundleName.EXTENSION) || file.equals(BundleName.EXTENSION)) {
      throw refused(
          "\"%s\" is no bundle, which ends with %s; other files of this host are brought in with \"banger image import\""
              .formatted(file, BundleName.EXTENSION));
    }
    return BundleName.image(file);
  }

  private static InputStream open(Path path) throws IOException {
    try {
      if (Files.isRegularFile(path)) {
        return Files.newInputStream(path);
      }
    } catch (NoSuchFileException e) {
      throw absent(path, e);
    }
    throw absent(path, null);
  }

  private static BangerException absent(Path path, Exception cause) {
    return new BangerException(ErrorCode.NOT_FOUND, "there is no file " + path, cause);
  }

  private static BangerException refused(String message) {
    return new BangerException(ErrorCode.BAD_REQUEST, message);
  }

  /** Opens the bytes of a bundle. */
  private interface Opening {
    InputStream open(Operation operation) throws IOException;
  }

  private final class Recipe implements ImageRecipe {
    private final String name;
    private final String place;
    private final Optional<String> sha256;
    private final Opening opening;

    private Recipe(String name, String place, Optional<String> sha256, Opening opening) {
      this.name = name;
      this.place = place;
      this.sha256 = sha256;
      this.opening = opening;
    }

    @Override
    public String name() {
      return name;
    }

    /** Another content at the same place is another origin. */
    @Override
    public String origin() {
      return place + sha256.map(hex -> "@sha256:" + hex).orElse("");
    }

    @Override
    public Contents make(Path rootfs, Operation operation) throws IOException {
      BundleManifest manifest;
      try (InputStream in = opening.open(operation)) {
        manifest = new BundleReader(json, largest.getAsLong()).read(in, sha256, rootfs, operation);
      }
      return new Contents(
          manifest.distribution(),
          manifest.release(),
          manifest.kernel(),
          manifest.sizeBytes(),
          DiskUsage.of(rootfs, commands, operation),
          "sha256:" + manifest.sha256(),
          manifest.config());
    }
  }
}
