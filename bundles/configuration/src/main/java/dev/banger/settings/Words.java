// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.settings;

import dev.banger.configuration.ConfigurationProblem;

/** Problems in one line. */
final class Words {
  private Words() {}

  static String of(ConfigurationProblem problem) {
    StringBuilder words = new StringBuilder();
    if (problem.file() != null) {
      words.append(problem.file()).append(": ");
    }
    if (problem.key() != null) {
      words.append(Definition.shortPid(problem.pid())).append('.').append(problem.key());
      words.append(": ");
    }
    return words.append(problem.message()).toString();
  }
}
