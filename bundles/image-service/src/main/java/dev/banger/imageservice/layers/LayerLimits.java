// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.layers;

/**
 * What the layers of one image may ask for all together. They are checked while streaming; a layer
 * that asks for more is refused.
 *
 * @param bytes uncompressed bytes; at least 1
 * @param entries tar entries; at least 1
 * @param pathDepth names in one path; 1 to 2048, the most that a path of PATH_MAX bytes can have
 */
public record LayerLimits(long bytes, long entries, int pathDepth) {
  /** The deepest path that a system call takes: PATH_MAX is 4096. */
  private static final int MAX_DEPTH = 2048;

  /**
   * 64 GiB, far beyond the largest images in registries; two million entries, which need some 200
   * MiB of memory for their names; the deepest paths that there are.
   */
  public static final LayerLimits DEFAULT = new LayerLimits(64L << 30, 2_000_000, MAX_DEPTH);

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a number is out of range
   */
  public LayerLimits {
    if (bytes < 1 || entries < 1 || pathDepth < 1 || pathDepth > MAX_DEPTH) {
      throw new IllegalArgumentException(
          "limits of " + bytes + " bytes, " + entries + " entries, depth " + pathDepth);
    }
  }

  /** The same with another number of uncompressed bytes. */
  public LayerLimits withBytes(long most) {
    return new LayerLimits(most, entries, pathDepth);
  }

  /** The same with another number of entries. */
  public LayerLimits withEntries(long most) {
    return new LayerLimits(bytes, most, pathDepth);
  }

  /** The same with another depth. */
  public LayerLimits withPathDepth(int most) {
    return new LayerLimits(bytes, entries, most);
  }
}
