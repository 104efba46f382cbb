// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import dev.banger.command.CommandContributor;
import dev.banger.command.Console;
import java.util.function.Function;

/** Contributes {@code shell}. */
record ShellContributor(Function<Console, ?> shell) implements CommandContributor {
  @Override
  public String name() {
    return "shell";
  }

  @Override
  public Object command(Console console) {
    return shell.apply(console);
  }
}
