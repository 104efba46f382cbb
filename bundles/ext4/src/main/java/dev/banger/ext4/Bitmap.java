// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import java.util.Arrays;

/**
 * Bits in ext4's order: bit n is bit n % 8 of byte n / 8. ext4 documentation, "Block and Inode
 * Bitmaps".
 */
final class Bitmap {
  private Bitmap() {}

  static boolean isSet(byte[] bitmap, int bit) {
    return (bitmap[bit >> 3] & 1 << (bit & 7)) != 0;
  }

  static void set(byte[] bitmap, int from, int to) {
    int bit = from;
    while (bit < to && (bit & 7) != 0) {
      bitmap[bit >> 3] |= (byte) (1 << (bit & 7));
      bit++;
    }
    if (bit < to) {
      Arrays.fill(bitmap, bit >> 3, to >> 3, (byte) -1);
      for (bit = Math.max(bit, to & ~7); bit < to; bit++) {
        bitmap[bit >> 3] |= (byte) (1 << (bit & 7));
      }
    }
  }
}
