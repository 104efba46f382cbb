// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The manifest of one image: OCI or Docker's version 2, schema 2, which have the same fields.
 *
 * @param digest its own
 * @param config the image's configuration
 * @param layers the lowest first
 */
public record ImageManifest(OciDigest digest, Descriptor config, List<Descriptor> layers) {
  /** The most layers that Docker's overlay driver takes, so that no usable image has more. */
  public static final int MOST_LAYERS = 127;

  private static final int LARGEST_CONFIG = 8 << 20;
  private static final Set<String> CONFIGS =
      Set.of(
          "application/vnd.oci.image.config.v1+json",
          "application/vnd.docker.container.image.v1+json");

  /**
   * Reads a manifest.
   *
   * @throws BangerException OPERATION_FAILED when it is none of an image, or of one that cannot be
   *     used
   */
  static ImageManifest of(Document document, OciDigest digest) {
    Descriptor config = document.object("config").descriptor();
    if (!CONFIGS.contains(config.mediaType())) {
      throw document.refused(
          "content", "is no container image but of the type " + Quoted.of(config.mediaType()));
    }
    if (config.size() > LARGEST_CONFIG) {
      throw document.refused("config", "is larger than " + LARGEST_CONFIG + " bytes");
    }
    return new ImageManifest(digest, config, layers(document));
  }

  private static List<Descriptor> layers(Document document) {
    List<Document> entries = document.objects("layers");
    if (entries.size() > MOST_LAYERS) {
      throw document.refused("layers", "are " + entries.size() + ", more than " + MOST_LAYERS);
    }
    List<Descriptor> layers = new ArrayList<>();
    for (Document entry : entries) {
      Descriptor layer = entry.descriptor();
      LayerFormat.check(
          layer.mediaType(), "layer " + layer.digest().shortened() + " of " + document.what());
      if (layer.size() == 0) {
        throw document.refused("layers", "hold one of zero bytes, which is no tar");
      }
      layers.add(layer);
    }
    checkTotal(document, layers);
    return layers;
  }

  private static void checkTotal(Document document, List<Descriptor> layers) {
    try {
      long unused = layers.stream().mapToLong(Descriptor::size).reduce(0, Math::addExact);
    } catch (ArithmeticException e) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          document.what() + " is not accepted: its layers are larger than any disk",
          e);
    }
  }
}
