// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.image.Image;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Finds the image that a person means: by exact name, exact id, or a prefix of either that fits
 * only one.
 */
final class ImageReferences {
  private ImageReferences() {}

  static Optional<Image> find(List<Image> images, String reference) {
    if (reference == null || reference.isEmpty()) {
      throw new BangerException(ErrorCode.BAD_REQUEST, "image id or name is required");
    }
    return first(images, image -> image.name().equals(reference))
        .or(() -> first(images, image -> image.id().equals(reference)))
        .or(() -> byPrefix(images, reference));
  }

  private static Optional<Image> byPrefix(List<Image> images, String prefix) {
    List<Image> matches =
        images.stream()
            .filter(image -> image.name().startsWith(prefix) || image.id().startsWith(prefix))
            .toList();
    if (matches.size() > 1) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          "multiple images match \"%s\": %s"
              .formatted(
                  prefix, matches.stream().map(Image::name).collect(Collectors.joining(", "))));
    }
    return matches.stream().findFirst();
  }

  private static Optional<Image> first(List<Image> images, Predicate<Image> test) {
    return images.stream().filter(test).findFirst();
  }
}
