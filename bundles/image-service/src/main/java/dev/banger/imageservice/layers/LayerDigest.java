// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.layers;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What bytes must add up to. OCI image specification, "Digests".
 *
 * @param algorithm {@code sha256} or {@code sha512}
 * @param hex the value in lower-case hex
 */
public record LayerDigest(String algorithm, String hex) {
  private static final Pattern FORM =
      Pattern.compile("(sha256):([0-9a-f]{64})|(sha512):([0-9a-f]{128})");

  private static final Map<String, String> JAVA_NAMES =
      Map.of("sha256", "SHA-256", "sha512", "SHA-512");

  /**
   * Checks the form.
   *
   * @throws BangerException BAD_REQUEST when it is no digest
   */
  public LayerDigest {
    if (!FORM.matcher(algorithm + ":" + hex).matches()) {
      throw refused(algorithm + ":" + hex);
    }
  }

  /**
   * Reads a digest such as {@code sha256:e3b0c4...}.
   *
   * @throws BangerException BAD_REQUEST when it is none
   */
  public static LayerDigest parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw refused(text);
    }
    int group = matcher.group(1) != null ? 1 : 3;
    return new LayerDigest(matcher.group(group), matcher.group(group + 1));
  }

  private static BangerException refused(String text) {
    String shown = text.length() > 160 ? text.substring(0, 160) + "..." : text;
    return new BangerException(
        ErrorCode.BAD_REQUEST,
        "\"" + shown + "\" is not a digest: sha256: or sha512: and lower-case hex");
  }

  MessageDigest begin() {
    try {
      return MessageDigest.getInstance(JAVA_NAMES.get(algorithm));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-2", e);
    }
  }

  /** The digest that the bytes have instead, or null when it is this one. */
  LayerDigest differing(MessageDigest read) {
    LayerDigest found = new LayerDigest(algorithm, HexFormat.of().formatHex(read.digest()));
    return found.equals(this) ? null : found;
  }

  @Override
  public String toString() {
    return algorithm + ":" + hex;
  }
}
