// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.host;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A command to run on the host.
 *
 * @param argv program and arguments; never seen by a shell
 * @param environment variables added to the daemon's own
 * @param directory working directory, or null for the daemon's own
 */
public record HostCommand(List<String> argv, Map<String, String> environment, Path directory) {
  public HostCommand {
    argv = List.copyOf(argv);
    environment = Map.copyOf(environment);
  }

  /** A command in the daemon's own environment and directory. */
  public static HostCommand of(String... argv) {
    return new HostCommand(List.of(argv), Map.of(), null);
  }
}
