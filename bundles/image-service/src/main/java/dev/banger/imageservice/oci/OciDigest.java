// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The SHA-256 of content, the name by which registries and the cache know it (OCI image
 * specification, descriptor.md).
 *
 * @param hex 64 characters of 0-9a-f
 */
public record OciDigest(String hex) {
  private static final String ALGORITHM = "sha256:";
  private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

  /**
   * Checks the form.
   *
   * @throws IllegalArgumentException when it is another one
   */
  public OciDigest {
    if (!HEX.matcher(hex).matches()) {
      throw new IllegalArgumentException("not a SHA-256 in lower-case hex");
    }
  }

  /** Reads {@code sha256:} and 64 characters of 0-9a-f; empty for any other text. */
  public static Optional<OciDigest> parse(String text) {
    String hex = text.startsWith(ALGORITHM) ? text.substring(ALGORITHM.length()) : "";
    return HEX.matcher(hex).matches() ? Optional.of(new OciDigest(hex)) : Optional.empty();
  }

  /** The digest of content. */
  public static OciDigest of(byte[] content) {
    return ofSum(newSha256().digest(content));
  }

  static OciDigest ofSum(byte[] sum) {
    return new OciDigest(HexFormat.of().formatHex(sum));
  }

  static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  /** Enough of it to tell blobs apart, for a person: {@code sha256:} and 12 characters. */
  public String shortened() {
    return ALGORITHM + hex.substring(0, 12);
  }

  /** The digest as registries write it. */
  @Override
  public String toString() {
    return ALGORITHM + hex;
  }
}
