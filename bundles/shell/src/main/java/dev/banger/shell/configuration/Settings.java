// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.configuration;

import dev.banger.configuration.ConfigurationService;
import dev.banger.configuration.Setting;
import java.util.List;

/** Settings in words. */
final class Settings {
  private Settings() {}

  static List<String> names(ConfigurationService configuration) {
    return configuration.list().settings().stream().map(Setting::name).toList();
  }

  /** What is used, and what stands there when that is something else. */
  static String value(Setting setting) {
    if (setting.inForce() == null) {
      return "decided by the host";
    }
    return setting.inForce().equals(setting.value())
        ? setting.value()
        : setting.inForce() + " (" + setting.value() + ")";
  }

  /** Where the value comes from. */
  static String source(Setting setting) {
    return switch (setting.source()) {
      case COMMAND_LINE -> "command line";
      case USER_FILE -> "user's file";
      case CONFIGURATION_ADMIN -> "OSGi host";
      case INSTALLATION_FILE -> "installation's file";
      case HOST -> "host";
      case BUILT_IN -> "built in";
    };
  }
}
