// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

/**
 * A part of a sparse file that has data.
 *
 * @param offset where it begins in the file, in bytes, not negative
 * @param length its length in bytes, not negative
 */
public record DataRange(long offset, long length) {
  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if one is negative or the end overflows
   */
  public DataRange {
    if (offset < 0 || length < 0 || offset + length < 0) {
      throw new IllegalArgumentException("range of " + length + " bytes at " + offset);
    }
  }

  long end() {
    return offset + length;
  }
}
