// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.settings;

import java.util.List;
import java.util.Optional;

/**
 * What a bundle says of its configuration.
 *
 * @param pid its PID
 * @param attributes its keys
 */
record Definition(String pid, List<Attribute> attributes) {
  private static final String OWN = "dev.banger.";

  Definition {
    attributes = List.copyOf(attributes);
  }

  Optional<Attribute> attribute(String key) {
    return attributes.stream().filter(each -> each.key().equals(key)).findFirst();
  }

  /** How a key is called in commands. */
  String name(String key) {
    return shortPid(pid) + "." + key;
  }

  static String shortPid(String pid) {
    return pid.startsWith(OWN) ? pid.substring(OWN.length()) : pid;
  }
}
