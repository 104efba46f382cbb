// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.plugin;

import dev.banger.plugin.Plugin;
import dev.banger.plugin.PluginDetails;
import dev.banger.plugin.PluginService;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.output.Details;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.Plain;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "info",
    sortOptions = false,
    description = "Show all that is known of a plugin: its jar, what it adds, offers and requires.",
    footerHeading = "%nExamples:%n",
    footer = {"  banger plugin info greeting", "  banger plugin info store --json | jq -r .sha256"})
final class InfoCommand implements Callable<Integer>, CompletesNames {
  private final PluginService plugins;
  private final Output output;

  @Parameters(paramLabel = "<plugin>", description = "The plugin's name.")
  private String name;

  @Option(names = "--json", description = "Print the record as JSON.")
  private boolean json;

  InfoCommand(PluginService plugins, Output output) {
    this.plugins = plugins;
    this.output = output;
  }

  @Override
  public Integer call() {
    PluginDetails found = plugins.info(name);
    if (json) {
      output.json(found);
      return 0;
    }
    Plugin plugin = found.plugin();
    output.print(
        new Details()
            .add("name", plugin.name())
            .add("version", plugin.version())
            .add("state", PluginWords.state(plugin))
            .add("given up", plugin.reverted())
            .add("part of banger", plugin.own() ? "yes" : "no")
            .add("vendor", found.vendor())
            .add("description", found.description())
            .add("license", found.license())
            .add("file", plugin.file())
            .add("sha256", found.sha256())
            .add("signer", found.sha256() == null ? null : PluginWords.signer(found.signer()))
            .add("provides", String.join(", ", plugin.provides()))
            .text());
    list("services", found.services());
    list("requires", found.requirements());
    list("lacks", found.problems().stream().map(each -> each.message()).toList());
    return 0;
  }

  private void list(String heading, List<String> lines) {
    if (!lines.isEmpty()) {
      output.line(heading + ":");
      lines.forEach(each -> output.line("  " + Plain.oneLine(each)));
    }
  }

  @Override
  public List<String> names(String paramLabel) {
    return PluginWords.names(plugins);
  }
}
