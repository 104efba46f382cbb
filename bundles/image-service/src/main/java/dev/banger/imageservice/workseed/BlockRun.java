// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.workseed;

/**
 * Content that lies in one piece.
 *
 * @param offset where in the content it begins, in bytes
 * @param position where in the volume it begins, in bytes
 * @param length how many bytes it has
 */
record BlockRun(long offset, long position, long length) {
  long end() {
    return offset + length;
  }
}
