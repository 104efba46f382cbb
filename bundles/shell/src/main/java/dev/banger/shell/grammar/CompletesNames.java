// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.grammar;

import java.util.List;

/** A command that knows the names that may stand for one of its parameters. */
public interface CompletesNames {
  /**
   * The names now.
   *
   * @param paramLabel the parameter's label, such as {@code <vm>}
   */
  List<String> names(String paramLabel);
}
