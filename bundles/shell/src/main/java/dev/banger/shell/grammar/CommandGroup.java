// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.grammar;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * An annotated command that has only subcommands, each made when it is asked for: naming one of
 * them costs the reflection on that one alone.
 */
public abstract class CommandGroup {
  private final List<Subcommand> subcommands = new ArrayList<>();

  /** A subcommand that can be made. */
  public record Subcommand(String name, List<String> aliases, Supplier<Object> command) {
    public Subcommand {
      aliases = List.copyOf(aliases);
    }

    private boolean answersTo(String word) {
      return name.equals(word) || aliases.contains(word);
    }
  }

  /** Adds a subcommand. */
  protected final void add(String name, Supplier<Object> command, String... aliases) {
    subcommands.add(new Subcommand(name, List.of(aliases), command));
  }

  /** All subcommands, in the order in which they are shown. */
  public final List<Subcommand> subcommands() {
    return List.copyOf(subcommands);
  }

  /** The subcommand of a name or alias. */
  public final Optional<Subcommand> find(String word) {
    return subcommands.stream().filter(each -> each.answersTo(word)).findFirst();
  }

  /** All names and aliases. */
  public final List<String> names() {
    List<String> names = new ArrayList<>();
    for (Subcommand each : subcommands) {
      names.add(each.name());
      names.addAll(each.aliases());
    }
    return names;
  }
}
