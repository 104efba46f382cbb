// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.grammar;

import java.util.List;

/** A command that takes another one after {@code --}, whose words are never looked at. */
public interface TakesCommand {
  /** Takes the words after {@code --}; called only when that was given. */
  void command(List<String> words);

  /** Whether the first word that is no option begins the other command, too. */
  default boolean commandWithoutDashes() {
    return false;
  }
}
