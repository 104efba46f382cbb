// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.configuration;

import dev.banger.configuration.Configuration;
import dev.banger.configuration.ConfigurationProblem;
import dev.banger.configuration.ConfigurationService;
import dev.banger.configuration.Setting;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.Plain;
import dev.banger.shell.output.Table;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "list",
    aliases = "ls",
    sortOptions = false,
    description = {
      "List every key with what is in force and where that comes from.",
      "A value in parentheses is what stands there and leaves the choice to the host. A key marked"
          + " with ! has a value that is not in force; standard error tells why."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger config list",
      "  banger config list --json | jq -r '.settings[] | select(.file) | .name'"
    })
final class ListCommand implements Callable<Integer> {
  private final ConfigurationService configuration;
  private final Output output;

  @Option(
      names = "--json",
      description = "Print an object with arrays of settings and problems as JSON.")
  private boolean json;

  ListCommand(ConfigurationService configuration, Output output) {
    this.configuration = configuration;
    this.output = output;
  }

  @Override
  public Integer call() {
    Configuration all = configuration.list();
    if (json) {
      output.json(all);
      return 0;
    }
    Table table = new Table("KEY", "VALUE", "SOURCE");
    for (Setting each : all.settings()) {
      String mark = each.problem() == null ? "" : " !";
      table.row(each.name() + mark, Settings.value(each), Settings.source(each));
    }
    output.table(table);
    for (ConfigurationProblem each : all.problems()) {
      output.note("! " + Plain.oneLine(words(each)));
    }
    return 0;
  }

  private static String words(ConfigurationProblem problem) {
    String file = problem.file() == null ? "" : problem.file() + ": ";
    String key = problem.key() == null ? "" : problem.key() + ": ";
    return file + key + problem.message();
  }
}
