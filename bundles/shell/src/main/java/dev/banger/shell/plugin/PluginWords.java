// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.plugin;

import dev.banger.plugin.Plugin;
import dev.banger.plugin.PluginService;
import dev.banger.plugin.PluginState;
import java.util.List;

/** Plugins as they are told to a person. */
final class PluginWords {
  private PluginWords() {}

  static String state(Plugin plugin) {
    String now = state(plugin.state());
    return plugin.reverted() == null ? now : now + ", a newer one was given up";
  }

  static String state(PluginState state) {
    return switch (state) {
      case ACTIVE -> "active";
      case WAITING -> "waits for something";
      case FAILED -> "has a part that failed";
      case UNRESOLVED -> "lacks what it requires";
      case STOPPED -> "does not run";
    };
  }

  static String signer(String signer) {
    return signer == null ? "not signed" : signer + " (no authority was asked)";
  }

  static List<String> names(PluginService plugins) {
    return plugins.list(true).stream().map(Plugin::name).distinct().toList();
  }
}
