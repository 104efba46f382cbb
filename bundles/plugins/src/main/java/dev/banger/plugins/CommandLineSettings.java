// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import java.util.List;
import java.util.Properties;

/** The configuration that this daemon was given on its command line, for one that succeeds it. */
final class CommandLineSettings {
  private static final String PREFIX = "banger.config.";

  private CommandLineSettings() {}

  /**
   * The arguments of {@code bin/bangerd} that say the same.
   *
   * @param system the system properties of this process
   */
  static List<String> arguments(Properties system) {
    return system.stringPropertyNames().stream()
        .filter(each -> each.startsWith(PREFIX))
        .sorted()
        .map(each -> "-D" + each + "=" + system.getProperty(each))
        .toList();
  }
}
