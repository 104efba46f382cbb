// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.plugin;

import dev.banger.plugin.PluginService;
import dev.banger.shell.grammar.CommandGroup;
import dev.banger.shell.output.Output;
import picocli.CommandLine.Command;

@Command(
    name = "plugin",
    description = {
      "Look at and change the bundles that banger consists of, and those that others add to it,"
          + " while it runs.",
      "A plugin is named by its symbolic name, or by its last part: store is dev.banger.store."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger plugin list --all",
      "  banger plugin install ~/greeting-0.1.0.jar",
      "  banger plugin update greeting ~/greeting-0.2.0.jar",
      "  banger plugin why greeting"
    })
final class PluginCommandGroup extends CommandGroup {
  PluginCommandGroup(PluginService plugins, Output output) {
    add("list", () -> new ListCommand(plugins, output), "ls");
    add("info", () -> new InfoCommand(plugins, output));
    add("why", () -> new WhyCommand(plugins, output));
    add("install", () -> new InstallCommand(plugins, output));
    add("update", () -> new UpdateCommand(plugins, output));
    add("wait", () -> new WaitCommand(plugins, output));
    add("remove", () -> new RemoveCommand(plugins, output), "rm");
  }
}
