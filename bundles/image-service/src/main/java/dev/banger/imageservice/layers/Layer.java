// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.layers;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.Optional;

/**
 * A layer: a tar of what it adds, changes and takes away. OCI image specification, "Image Layer
 * Filesystem Changeset".
 *
 * @param source where its bytes come from
 * @param compression how they are compressed
 * @param digest what the bytes as they come must add up to; nothing when somebody has seen to it
 * @param diffId what the uncompressed bytes must add up to; nothing when nobody knows
 */
public record Layer(
    Source source,
    Compression compression,
    Optional<LayerDigest> digest,
    Optional<LayerDigest> diffId) {

  /** Opens a layer's bytes. */
  @FunctionalInterface
  public interface Source {
    /**
     * Opens the stream. It is read to its end and closed, by a thread of its own, once all layers
     * below have been read. Once the writing has ended for another reason, that thread is
     * interrupted and the stream closed: both together should end a read that waits.
     *
     * @return the stream, which need not be buffered
     * @throws IOException when it cannot be opened
     */
    InputStream open() throws IOException;
  }

  /** Checks that nothing is missing. */
  public Layer {
    Objects.requireNonNull(source);
    Objects.requireNonNull(compression);
    Objects.requireNonNull(digest);
    Objects.requireNonNull(diffId);
  }

  /**
   * A layer of which no digest is known, such as a tar that a person imports.
   *
   * @param source where its bytes come from
   * @param compression how they are compressed
   */
  public static Layer of(Source source, Compression compression) {
    return new Layer(source, compression, Optional.empty(), Optional.empty());
  }

  /**
   * The same layer, whose uncompressed bytes must add up to a digest.
   *
   * @param wanted an entry of {@code rootfs.diff_ids} in the image's configuration
   */
  public Layer withDiffId(LayerDigest wanted) {
    return new Layer(source, compression, digest, Optional.of(wanted));
  }

  /**
   * The same layer, whose bytes as they come must add up to a digest.
   *
   * @param wanted the digest of the layer's descriptor
   */
  public Layer withDigest(LayerDigest wanted) {
    return new Layer(source, compression, Optional.of(wanted), diffId);
  }
}
