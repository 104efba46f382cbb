// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.authsync;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A public key as a line of authorized_keys (sshd(8)), without options.
 *
 * @param type its algorithm
 * @param blob the key in Base64
 * @param comment what its owner says of it; empty for nothing
 */
record PublicKey(String type, String blob, String comment) {
  private static final Set<String> TYPES =
      Set.of(
          "ssh-ed25519",
          "ssh-rsa",
          "ecdsa-sha2-nistp256",
          "ecdsa-sha2-nistp384",
          "ecdsa-sha2-nistp521",
          "sk-ssh-ed25519@openssh.com",
          "sk-ecdsa-sha2-nistp256@openssh.com");

  /**
   * Reads a line.
   *
   * @throws IllegalArgumentException when it is anything but a plain key, with the reason; never
   *     with a part of the line
   */
  static PublicKey parse(String line) {
    String[] words = line.strip().split("[ \t]+", 3);
    if (!TYPES.contains(words[0])) {
      throw new IllegalArgumentException(
          "does not begin with a type of public key (%s); options before a key are not taken"
              .formatted(TYPES.stream().sorted().collect(Collectors.joining(", "))));
    }
    if (words.length < 2 || !isKey(words[1], words[0])) {
      throw new IllegalArgumentException("holds no complete key of the type " + words[0]);
    }
    String comment = words.length == 3 ? words[2] : "";
    if (comment.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException("has a control character in its comment");
    }
    return new PublicKey(words[0], words[1], comment);
  }

  /** Whether it is a sequence of strings (RFC 4251, section 5) of which the first is the type. */
  private static boolean isKey(String text, String type) {
    try {
      ByteBuffer blob = ByteBuffer.wrap(Base64.getDecoder().decode(text));
      boolean typed = new String(string(blob), StandardCharsets.US_ASCII).equals(type);
      int strings = 0;
      while (blob.hasRemaining()) {
        string(blob);
        strings++;
      }
      return typed && strings > 0;
    } catch (IllegalArgumentException | BufferUnderflowException e) {
      return false;
    }
  }

  private static byte[] string(ByteBuffer blob) {
    int length = blob.getInt();
    if (length < 0 || length > blob.remaining()) {
      throw new IllegalArgumentException();
    }
    byte[] string = new byte[length];
    blob.get(string);
    return string;
  }

  /** The line. */
  String line() {
    return Stream.of(type, blob, comment)
        .filter(word -> !word.isEmpty())
        .collect(Collectors.joining(" "));
  }
}
