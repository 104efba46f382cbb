// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.image;

/**
 * A request to bring an image here. Null means: let banger choose.
 *
 * @param source a name from the catalog; a reference to an image in a registry, such as {@code
 *     docker.io/library/alpine:3.20}; or a bundle: an absolute path, a {@code file:} URL or a
 *     {@code http(s):} URL that ends with {@code .tar.zst}
 * @param name what it shall be called here; null for the catalog's name, or one made of the
 *     reference or the file's name, such as {@code alpine-3.20}
 * @param kernel the kernel that its machines boot, or null
 * @param sizeBytes how large its root file system shall be, or null
 * @param insecure whether a registry may be spoken to without TLS
 * @param sha256 what a bundle must have, 64 hex digits; required when it comes from a network, null
 *     for other sources
 */
public record PullImage(
    String source, String name, String kernel, Long sizeBytes, boolean insecure, String sha256) {
  /** A pull with nothing but a source. */
  public static PullImage of(String source) {
    return new PullImage(source, null, null, null, false, null);
  }
}
