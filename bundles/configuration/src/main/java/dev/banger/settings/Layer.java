// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.settings;

import dev.banger.configuration.Setting.Source;
import java.nio.file.Path;
import java.util.Map;

/**
 * What one place says of a PID.
 *
 * @param source which place
 * @param file the file that it is, or null
 * @param values its values by key
 */
record Layer(Source source, Path file, Map<String, String> values) {
  Layer {
    values = Map.copyOf(values);
  }

  /** The place in a person's words. */
  String words() {
    if (file != null) {
      return file.toString();
    }
    return source == Source.COMMAND_LINE ? "the daemon's command line" : "the ConfigurationAdmin";
  }
}
