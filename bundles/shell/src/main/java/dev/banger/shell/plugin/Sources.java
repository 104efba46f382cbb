// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.plugin;

import dev.banger.plugin.PluginSource;
import dev.banger.shell.output.Output;

/** Where jars come from, as a person writes it. */
final class Sources {
  private Sources() {}

  /** A path counts from the person's directory. */
  static PluginSource of(String source, String sha256, Output output) {
    boolean path = !source.startsWith("mvn:") && !PluginSource.isWeb(source);
    String location =
        path ? output.console().directory().resolve(source).normalize().toString() : source;
    return new PluginSource(location, sha256);
  }
}
