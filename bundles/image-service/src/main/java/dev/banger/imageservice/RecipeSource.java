// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice;

import dev.banger.image.PullImage;
import java.util.Optional;

/**
 * One kind of place that images come from; a service of this bundle, named by {@link #KIND}. Safe
 * for use by many threads.
 */
public interface RecipeSource {
  /** The service property that tells the kind. */
  String KIND = "dev.banger.image.kind";

  /**
   * How to make the image that a request asks for. Nothing is read from a network yet.
   *
   * @return nothing when the request's source is not of this kind
   * @throws dev.banger.error.BangerException BAD_REQUEST when it is, but is malformed
   */
  Optional<ImageRecipe> recipe(PullImage request);
}
