// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.bundle;

import dev.banger.error.BangerException;
import dev.banger.image.Image;
import dev.banger.image.ImageConfig;
import dev.banger.imageservice.storage.RegistryName;
import dev.banger.wire.Json;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The {@code manifest.json} of a bundle.
 *
 * @param version of the format, {@link #VERSION}
 * @param name what the image was called where the bundle was made
 * @param distribution such as {@code debian}
 * @param release such as {@code bookworm}
 * @param architecture such as {@code amd64}
 * @param kernel the name of the kernel that its machines boot
 * @param sizeBytes the size of {@code rootfs.ext4}
 * @param sha256 of {@code rootfs.ext4}
 * @param config how its maker wants processes to be started
 */
record BundleManifest(
    int version,
    String name,
    String distribution,
    String release,
    String architecture,
    String kernel,
    long sizeBytes,
    String sha256,
    ImageConfig config) {
  static final int VERSION = 1;
  private static final String ARCHITECTURE = "amd64";
  // Registries' tags are releases, too: at most 128 characters.
  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._+~-]{0,127}");

  static BundleManifest of(Image image, long sizeBytes, String sha256) {
    return new BundleManifest(
        VERSION,
        image.name(),
        image.distribution(),
        image.release(),
        image.architecture(),
        image.kernel(),
        sizeBytes,
        sha256,
        image.config());
  }

  /**
   * Reads what a stranger wrote.
   *
   * @throws BangerException CORRUPT when it is no manifest, or one that this program cannot use
   */
  static BundleManifest parse(String text, Json json) {
    BundleManifest manifest;
    try {
      manifest = json.read(text, BundleManifest.class);
    } catch (BangerException e) {
      throw refused("cannot be read: " + e.getMessage(), e);
    }
    if (manifest.version != VERSION) {
      throw refused("is of version " + manifest.version + ", this banger reads " + VERSION, null);
    }
    if (!ARCHITECTURE.equals(manifest.architecture)) {
      throw refused("is about another architecture than " + ARCHITECTURE, null);
    }
    boolean named =
        Stream.of(manifest.name, manifest.kernel)
                .allMatch(name -> name != null && RegistryName.isValid(name))
            && Stream.of(manifest.distribution, manifest.release)
                .allMatch(word -> word != null && WORD.matcher(word).matches());
    if (!named || manifest.sha256 == null || manifest.config == null) {
      throw refused("lacks a name or has one that is not allowed", null);
    }
    requireUsable(manifest.config);
    return manifest;
  }

  private static void requireUsable(ImageConfig config) {
    Stream<String> texts =
        Stream.of(
                config.environment().keySet().stream(),
                config.environment().values().stream(),
                config.entrypoint().stream(),
                config.command().stream(),
                Stream.of(config.user(), config.workingDirectory()))
            .flatMap(each -> each);
    // Neither arguments nor variables can hold a NUL.
    if (!texts.allMatch(text -> text != null && text.indexOf('\0') < 0)) {
      throw refused("has a configuration that no process can be started with", null);
    }
  }

  private static BangerException refused(String why, BangerException cause) {
    return BundleTar.refused("its manifest.json " + why, cause);
  }
}
