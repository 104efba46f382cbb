// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

/**
 * The half-MD4 hash of names, with signed characters, that hashed directories are sorted by.
 * fs/ext4/hash.c; ext4 documentation, "Hash Tree Directories".
 */
final class DirectoryHash {
  /** DX_HASH_HALF_MD4; with the superblock's EXT2_FLAGS_SIGNED_HASH it takes signed characters. */
  static final int VERSION = 1;

  /** EXT4_HTREE_EOF_32BIT, shifted as hashes are: stands for the end of a directory. */
  private static final int END = 0x7FFF_FFFF << 1;

  private static final int CHUNK = 32;

  // Square roots of 2 and 3, as in MD4.
  private static final int K2 = 0x5A82_7999;
  private static final int K3 = 0x6ED9_EBA1;

  private static final int[] ROUND_1 = {0, 1, 2, 3, 4, 5, 6, 7};
  private static final int[] ROUND_2 = {1, 3, 5, 7, 0, 2, 4, 6};
  private static final int[] ROUND_3 = {3, 7, 2, 6, 1, 5, 0, 4};
  private static final int[] SHIFTS_1 = {3, 7, 11, 19};
  private static final int[] SHIFTS_2 = {3, 5, 9, 13};
  private static final int[] SHIFTS_3 = {3, 9, 11, 15};

  private final int[] seed;

  /**
   * Makes a hash.
   *
   * @param seed s_hash_seed, four words of which one is not zero
   */
  DirectoryHash(int[] seed) {
    this.seed = seed.clone();
  }

  /** Returns the major hash, an unsigned 32-bit number whose lowest bit is 0. */
  int of(byte[] bytes, int offset, int length) {
    int[] state = seed.clone();
    int[] words = new int[CHUNK / 4];
    for (int done = 0; done < length; done += CHUNK) {
      fill(words, bytes, offset + done, length - done);
      transform(state, words);
    }
    int hash = state[1] & ~1;
    return hash == END ? END - 2 : hash;
  }

  /** str2hashbuf_signed: big-endian words, the rest made of the length that is left. */
  private static void fill(int[] words, byte[] bytes, int offset, int left) {
    int pad = left | left << 8;
    pad |= pad << 16;
    int taken = Math.min(left, CHUNK);
    for (int word = 0; word < words.length; word++) {
      int value = pad;
      int end = Math.min(taken, 4 * word + 4);
      for (int i = 4 * word; i < end; i++) {
        value = bytes[offset + i] + (value << 8);
      }
      words[word] = value;
    }
  }

  private static void transform(int[] state, int[] words) {
    int a = state[0];
    int b = state[1];
    int c = state[2];
    int d = state[3];
    for (int round = 0; round < 3; round++) {
      int[] order = round == 0 ? ROUND_1 : round == 1 ? ROUND_2 : ROUND_3;
      int[] shifts = round == 0 ? SHIFTS_1 : round == 1 ? SHIFTS_2 : SHIFTS_3;
      for (int step = 0; step < 8; step++) {
        int mix =
            switch (round) {
              case 0 -> d ^ (b & (c ^ d));
              case 1 -> (b & c) + ((b ^ c) & d) + K2;
              default -> (b ^ c ^ d) + K3;
            };
        int next = Integer.rotateLeft(a + mix + words[order[step]], shifts[step & 3]);
        a = d;
        d = c;
        c = b;
        b = next;
      }
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
  }
}
