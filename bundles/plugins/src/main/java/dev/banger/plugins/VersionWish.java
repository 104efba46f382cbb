// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.osgi.framework.Version;

/**
 * The range of versions that a requirement's filter asks for.
 *
 * @param from the lowest, or null when any low one does
 * @param below the lowest that is too high, or null when any high one does
 */
record VersionWish(Version from, Version below) {
  /** Frameworks write an upper bound as the negation of a lower one. */
  static VersionWish in(String filter, String attribute) {
    String bound = "\\(" + Pattern.quote(attribute) + ">=([^)]*)\\)";
    Matcher not = Pattern.compile("\\(!\\s*" + bound + "\\s*\\)").matcher(filter);
    Version below = not.find() ? Version.parseVersion(not.group(1)) : null;
    Matcher from = Pattern.compile(bound).matcher(not.replaceAll(""));
    return new VersionWish(from.find() ? Version.parseVersion(from.group(1)) : null, below);
  }

  /** It behind a name, a blank before; empty when any version does. */
  String words() {
    if (from == null && below == null) {
      return "";
    }
    if (below == null) {
      return " " + from + " or later";
    }
    return " [" + (from == null ? Version.emptyVersion : from) + "," + below + ")";
  }
}
