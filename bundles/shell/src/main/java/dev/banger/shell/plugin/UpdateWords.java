// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.plugin;

import dev.banger.plugin.PluginUpdate;
import java.time.Duration;

/** Updates as they are told to a person. */
final class UpdateWords {
  private UpdateWords() {}

  static String done(PluginUpdate update) {
    long millis = Duration.between(update.startedAt(), update.endedAt()).toMillis();
    return update.name() + " " + update.from() + " → " + update.to() + " in " + millis + " ms";
  }
}
