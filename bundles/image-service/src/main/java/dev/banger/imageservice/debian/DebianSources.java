// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.imageservice.ImageConfiguration;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The sources of a Debian suite, as lines of apt's sources.list.
 *
 * @param mirror URL of the archive
 * @param securityMirror URL of the security archive
 * @param keyring the file with the keys that sign both
 */
record DebianSources(String mirror, String securityMirror, String keyring) {
  /** From the package debian-archive-keyring; the same path on the host and in an image. */
  static final String KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

  private static final String UNSTABLE = "sid";

  // Nothing that ends a word or an option block of sources.list.
  private static final Pattern URL = Pattern.compile("(https?|file)://?[A-Za-z0-9._~:/@%+-]+");

  DebianSources {
    check("debianMirror", mirror);
    check("debianSecurityMirror", securityMirror);
  }

  static DebianSources of(ImageConfiguration configuration) {
    return new DebianSources(
        configuration.debianMirror(), configuration.debianSecurityMirror(), KEYRING);
  }

  /**
   * The suite, and a release's updates and security updates, all signed by the keys. Unstable has
   * neither: it is where both come from.
   */
  List<String> lines(String suite) {
    String signed = "deb [signed-by=" + keyring + "] ";
    if (suite.equals(UNSTABLE)) {
      return List.of(signed + mirror + " " + suite + " main");
    }
    return List.of(
        signed + mirror + " " + suite + " main",
        signed + mirror + " " + suite + "-updates main",
        signed + securityMirror + " " + suite + "-security main");
  }

  private static void check(String key, String url) {
    if (!URL.matcher(url).matches()) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          key + " \"" + url + "\" in " + ImageConfiguration.PID + ".cfg is not an archive's URL");
    }
  }
}
