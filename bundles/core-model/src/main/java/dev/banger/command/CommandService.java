// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.command;

import dev.banger.operation.Operation;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** Runs the commands that bundles contribute. */
@ProviderType
public interface CommandService {
  /**
   * Runs one command line.
   *
   * @param argv its words, without {@code banger}
   * @return its exit status
   * @throws dev.banger.error.BangerException what the command threw; the caller shows it
   */
  int run(List<String> argv, Console console);

  /**
   * What may stand at a place of a command line.
   *
   * @param words the words, without {@code banger}
   * @param index which of them is being completed; equal to the number of words for a new one
   * @return full replacements of that word, sorted
   */
  List<String> complete(List<String> words, int index, Operation operation);
}
