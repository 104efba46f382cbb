// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.release;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Where a release of banger comes from.
 *
 * @param location the absolute path of a distribution's directory or of an archive of one ({@code
 *     .tar.gz}, {@code .tgz}, {@code .zip}), or an http or https URL of such an archive
 * @param sha256 the digest that the archive must have, 64 hexadecimal digits; null when nothing is
 *     known of it, which a URL does not allow; null for a directory
 */
public record ReleaseSource(String location, String sha256) {
  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");

  /**
   * @throws BangerException BAD_REQUEST for a location or a digest of another form
   */
  public ReleaseSource {
    if (location == null || location.isEmpty()) {
      throw bad("a release comes from a directory, an archive or a URL; none was given");
    }
    if (sha256 != null) {
      sha256 = sha256.toLowerCase(Locale.ROOT);
      if (!DIGEST.matcher(sha256).matches()) {
        throw bad("a sha256 has 64 hexadecimal digits");
      }
    }
    if (isWeb(location) && sha256 == null) {
      throw bad("what comes from a URL needs its sha256: give it with --sha256");
    }
    if (!isWeb(location) && !location.startsWith("/")) {
      throw bad("'" + location + "' is no absolute path and no http or https URL");
    }
  }

  /** Whether a location is an http or https URL. */
  public static boolean isWeb(String location) {
    return location.startsWith("https://") || location.startsWith("http://");
  }

  private static BangerException bad(String message) {
    return new BangerException(ErrorCode.BAD_REQUEST, message);
  }
}
