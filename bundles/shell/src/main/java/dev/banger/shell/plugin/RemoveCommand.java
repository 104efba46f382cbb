// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.plugin;

import dev.banger.plugin.Plugin;
import dev.banger.plugin.PluginRemoval;
import dev.banger.plugin.PluginService;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.output.Output;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "remove",
    aliases = "rm",
    sortOptions = false,
    description = {
      "Remove a plugin and its jar, and wait until it is gone and VMs were cleaned up. Prints its"
          + " name."
    },
    footerHeading = "%nExamples:%n",
    footer = "  banger plugin remove greeting")
final class RemoveCommand implements Callable<Integer>, CompletesNames {
  private final PluginService plugins;
  private final Output output;

  @Parameters(paramLabel = "<plugin>", description = "The plugin's name.")
  private String name;

  @Option(
      names = "--json",
      description = "Print what was removed, and who owes a clean-up, as JSON.")
  private boolean json;

  RemoveCommand(PluginService plugins, Output output) {
    this.plugins = plugins;
    this.output = output;
  }

  @Override
  public Integer call() {
    PluginRemoval removed = plugins.remove(name, output.operation());
    if (json) {
      output.json(removed);
      return 0;
    }
    if (!removed.owing().isEmpty()) {
      output.note(
          "its clean-up is owed for "
              + String.join(", ", removed.owing())
              + ", and paid when it is installed again; 'banger vm delete --abandon' gives it up");
    }
    output.line(removed.name());
    return 0;
  }

  @Override
  public List<String> names(String paramLabel) {
    return plugins.list(false).stream().map(Plugin::name).distinct().toList();
  }
}
