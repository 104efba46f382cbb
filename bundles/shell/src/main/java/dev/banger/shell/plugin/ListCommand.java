// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.plugin;

import dev.banger.plugin.Plugin;
import dev.banger.plugin.PluginService;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.Plain;
import dev.banger.shell.output.Table;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "list",
    aliases = "ls",
    sortOptions = false,
    description = {
      "List the plugins that were added, how they are doing and what each adds.",
      "'banger plugin why <plugin>' tells what one that is not active lacks. Files among them that"
          + " are no plugins (damaged ones, say) are named on standard error."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  banger plugin list", "  banger plugin list --all --json | jq -r '.[].name'"})
final class ListCommand implements Callable<Integer> {
  private final PluginService plugins;
  private final Output output;

  @Option(names = "--all", description = "Also those that banger itself consists of.")
  private boolean all;

  @Option(names = "--json", description = "Print an array of records as JSON.")
  private boolean json;

  ListCommand(PluginService plugins, Output output) {
    this.plugins = plugins;
    this.output = output;
  }

  @Override
  public Integer call() {
    List<Plugin> found = plugins.list(all);
    if (json) {
      output.json(found);
    } else {
      output.table(table(found));
    }
    plugins.refusedJars().forEach(each -> output.error(Plain.oneLine(each.message())));
    return 0;
  }

  private static Table table(List<Plugin> plugins) {
    Table table = new Table("NAME", "VERSION", "STATE", "PROVIDES");
    for (Plugin each : plugins) {
      table.row(
          each.name(), each.version(), PluginWords.state(each), String.join(", ", each.provides()));
    }
    return table;
  }
}
