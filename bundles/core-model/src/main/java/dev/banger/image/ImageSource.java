// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.image;

import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A place that images come from: register it as a service, and {@code banger image pull} and {@code
 * banger vm run --image} know its sources. It only finds and fetches; banger makes the file system,
 * checks it and publishes the image.
 *
 * <p>Sources are asked by {@code service.ranking}, highest first, behind the catalog and bundles
 * and before registries. Every method may be called by many threads, whose context class loader is
 * that of the service.
 */
@ConsumerType
public interface ImageSource {
  /**
   * The image that a reference names. Quick: reads nothing from a network.
   *
   * @param reference what a person typed, such as {@code dir:/srv/root}. A source MUST take only
   *     what begins with a word of its own and a colon: what it takes, no registry is asked for
   * @return nothing when the reference is not of this source
   * @throws dev.banger.error.BangerException BAD_REQUEST when it is, but is malformed
   */
  Optional<SourceImage> find(String reference);
}
