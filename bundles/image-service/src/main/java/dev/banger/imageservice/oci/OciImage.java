// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import java.util.List;

/**
 * An image whose configuration is read and whose layers lie verified in the cache.
 *
 * @param reference what was asked for
 * @param manifestDigest what it was then: the digest of the manifest for the platform
 * @param platform what it runs on
 * @param config what its maker meant to be run
 * @param layers the lowest first; a layer may occur twice
 */
public record OciImage(
    OciReference reference,
    OciDigest manifestDigest,
    Platform platform,
    OciConfig config,
    List<OciLayer> layers) {
  /** Takes a copy of the list. */
  public OciImage {
    layers = List.copyOf(layers);
  }
}
