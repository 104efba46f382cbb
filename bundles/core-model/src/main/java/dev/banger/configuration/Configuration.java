// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.configuration;

import java.util.List;

/**
 * All that is configured.
 *
 * @param settings every key of every PID, by name
 * @param problems what was written and is not in force
 */
public record Configuration(List<Setting> settings, List<ConfigurationProblem> problems) {
  public Configuration {
    settings = List.copyOf(settings);
    problems = List.copyOf(problems);
  }
}
