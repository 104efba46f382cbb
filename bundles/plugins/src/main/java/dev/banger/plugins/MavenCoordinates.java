// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where an artefact lies in a Maven repository.
 *
 * @param group its group
 * @param artifact its name
 * @param version its version
 */
record MavenCoordinates(String group, String artifact, String version) {
  private static final String PART = "[A-Za-z0-9_][A-Za-z0-9_.+-]*";
  private static final Pattern FORM =
      Pattern.compile("mvn:(" + PART + "):(" + PART + "):(" + PART + ")");

  /**
   * Reads {@code mvn:group:artifact:version}.
   *
   * @throws BangerException BAD_REQUEST for another form
   */
  static MavenCoordinates of(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches() || text.contains("..")) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST, "'" + text + "' is not of the form mvn:group:artifact:version");
    }
    return new MavenCoordinates(matcher.group(1), matcher.group(2), matcher.group(3));
  }

  /** The path of its jar below a repository. */
  String path() {
    return group.replace('.', '/')
        + "/"
        + artifact
        + "/"
        + version
        + "/"
        + artifact
        + "-"
        + version
        + ".jar";
  }
}
