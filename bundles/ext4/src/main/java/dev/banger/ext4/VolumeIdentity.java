// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/** What mke2fs would draw at random: the UUID and the seed of directory hashes. */
final class VolumeIdentity {
  private static final int UUID_SIZE = 16;

  private final byte[] uuid;
  private final int[] hashSeed;

  private VolumeIdentity(byte[] uuid, int[] hashSeed) {
    this.uuid = uuid;
    this.hashSeed = hashSeed;
  }

  static VolumeIdentity of(byte[] seed) {
    byte[] uuid = Arrays.copyOf(digest("uuid", seed), UUID_SIZE);
    // RFC 9562: version 8, whose bits mean what their maker wants, in the usual variant.
    uuid[6] = (byte) ((uuid[6] & 0x0F) | 0x80);
    uuid[8] = (byte) ((uuid[8] & 0x3F) | 0x80);
    ByteBuffer hash = ByteBuffer.wrap(digest("directory hash", seed));
    // A seed of zeros would mean none.
    int[] words = {hash.getInt(), hash.getInt(), hash.getInt(), hash.getInt() | 1};
    return new VolumeIdentity(uuid, words);
  }

  private static byte[] digest(String purpose, byte[] seed) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(purpose.getBytes(UTF_8));
      digest.update((byte) 0);
      return digest.digest(seed);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  /** The UUID, not to be changed. */
  byte[] uuid() {
    return uuid;
  }

  int hashSeedWord(int index) {
    return hashSeed[index];
  }

  DirectoryHash directoryHash() {
    return new DirectoryHash(hashSeed);
  }
}
