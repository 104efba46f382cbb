// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugin;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Where a jar comes from.
 *
 * @param location an absolute path, {@code mvn:group:artifact:version} or an http or https URL
 * @param sha256 the digest that the jar must have, 64 hexadecimal digits; null when nothing is
 *     known of it, which a URL does not allow
 */
public record PluginSource(String location, String sha256) {
  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");

  /**
   * @throws BangerException BAD_REQUEST for a location or a digest of another form
   */
  public PluginSource {
    if (location == null || location.isEmpty()) {
      throw bad("a plugin comes from a jar, mvn:group:artifact:version or a URL; none was given");
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
    if (!isWeb(location) && !location.startsWith("mvn:") && !location.startsWith("/")) {
      throw bad(
          "'"
              + location
              + "' is no absolute path, no mvn:group:artifact:version and no http or https URL");
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
