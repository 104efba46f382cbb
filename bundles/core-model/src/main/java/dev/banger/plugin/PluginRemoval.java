// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugin;

import java.util.List;

/**
 * A plugin that was removed.
 *
 * @param name its symbolic name
 * @param version its version
 * @param owing the names of the machines from which a capability of it could not be cleaned up
 */
public record PluginRemoval(String name, String version, List<String> owing) {
  public PluginRemoval {
    owing = List.copyOf(owing);
  }
}
