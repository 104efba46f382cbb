// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import dev.banger.command.CommandContributor;
import dev.banger.command.Console;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.PicocliException;

/** The help of {@code banger} itself. */
final class Overview {
  // What a newcomer needs comes first; what other bundles contribute follows by name.
  private static final List<String> FIRST =
      List.of(
          "vm",
          "ps",
          "image",
          "kernel",
          "doctor",
          "config",
          "daemon",
          "update",
          "shell",
          "completion",
          "version");

  private Overview() {}

  static String text(List<CommandContributor> contributors, Console console) {
    Map<String, String> descriptions = new TreeMap<>();
    for (CommandContributor each : contributors) {
      descriptions.put(each.name(), description(each, console));
    }
    List<String> names = new ArrayList<>(FIRST);
    names.retainAll(descriptions.keySet());
    descriptions.keySet().stream().filter(name -> !FIRST.contains(name)).forEach(names::add);
    int width = names.stream().mapToInt(String::length).max().orElse(0) + 2;
    StringBuilder text =
        new StringBuilder(
            """
            Usage: banger <command> [options]
            Disposable Linux sandboxes that are real virtual machines.

            Commands:
            """);
    for (String name : names) {
      text.append("  ").append(name).append(" ".repeat(width - name.length()));
      text.append(descriptions.get(name)).append('\n');
    }
    return text.append(
            """

            Options:
              -h, --help     Show this help; 'banger help vm run' shows that of a command.
              -V, --version  Show the version.

            Examples:
              banger vm run --rm -- uname -a    # one command in a fresh VM, then no trace of it
              banger vm run --name web          # a shell in a VM that stays
              banger vm exec web -- ls /        # a command in it
              banger vm list --json             # every list, show and status has --json
              banger vm delete web

            Exit status: 0 done, 1 failed, 2 wrong usage; 'vm run', 'vm exec' and 'vm ssh' end with the
            status of the command that they run. Errors are 'banger: message (op-…)' on standard error.
            """)
        .toString();
  }

  private static String description(CommandContributor contributor, Console console) {
    try {
      CommandSpec spec = CommandSpec.forAnnotatedObject(contributor.command(console));
      String[] description = spec.usageMessage().description();
      return description.length == 0 ? "" : description[0];
    } catch (PicocliException e) {
      return "";
    }
  }
}
