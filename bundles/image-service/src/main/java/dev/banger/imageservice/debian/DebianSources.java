// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import dev.banger.imageservice.ImageConfiguration;
import java.util.List;
import java.util.Set;

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

  // Has neither updates nor security updates: what is new comes into the suite itself.
  private static final Set<String> UNRELEASED = Set.of("sid", "unstable");

  DebianSources {
    MirrorUrl.require("debianMirror", mirror);
    MirrorUrl.require("debianSecurityMirror", securityMirror);
  }

  static DebianSources of(ImageConfiguration configuration) {
    return new DebianSources(
        configuration.debianMirror(), configuration.debianSecurityMirror(), KEYRING);
  }

  /** The suite, its updates and its security updates, if it has any, all signed by the keys. */
  List<String> lines(String suite) {
    String signed = "deb [signed-by=" + keyring + "] ";
    if (UNRELEASED.contains(suite)) {
      return List.of(signed + mirror + " " + suite + " main");
    }
    return List.of(
        signed + mirror + " " + suite + " main",
        signed + mirror + " " + suite + "-updates main",
        signed + securityMirror + " " + suite + "-security main");
  }
}
