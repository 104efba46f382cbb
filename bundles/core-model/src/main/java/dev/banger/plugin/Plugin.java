// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugin;

import java.nio.file.Path;
import java.util.List;

/**
 * A bundle as it is listed.
 *
 * @param name its symbolic name
 * @param version its version
 * @param state how it is doing
 * @param own whether it is one of those that banger consists of
 * @param provides what it adds, in words such as {@code capability port-forward}
 * @param file the jar that it is started from, or null where the host of banger knows that alone
 * @param reverted why a newer jar of it was given up for this one; null unless that happened since
 *     the daemon started, or once a newer one was good
 */
public record Plugin(
    String name,
    String version,
    PluginState state,
    boolean own,
    List<String> provides,
    Path file,
    String reverted) {
  public Plugin {
    provides = List.copyOf(provides);
  }
}
