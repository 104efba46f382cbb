// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

/** How a layer's tar is packed. */
public enum Compression {
  /** Not at all. */
  NONE,
  /** RFC 1952. */
  GZIP,
  /** RFC 8878. */
  ZSTD
}
