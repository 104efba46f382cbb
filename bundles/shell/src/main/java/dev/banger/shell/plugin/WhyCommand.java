// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.plugin;

import dev.banger.plugin.PluginProblem;
import dev.banger.plugin.PluginService;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.Plain;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "why",
    sortOptions = false,
    description = {
      "Tell what keeps a plugin, or a part of it, from working: a package that nobody has, a service"
          + " that it waits for, an exception. Says 'satisfied' when nothing does."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  banger plugin why greeting", "  banger plugin why vm-service --json"})
final class WhyCommand implements Callable<Integer>, CompletesNames {
  private final PluginService plugins;
  private final Output output;

  @Parameters(paramLabel = "<plugin>", description = "The plugin's name.")
  private String name;

  @Option(names = "--json", description = "Print an array of the problems as JSON.")
  private boolean json;

  WhyCommand(PluginService plugins, Output output) {
    this.plugins = plugins;
    this.output = output;
  }

  @Override
  public Integer call() {
    List<PluginProblem> problems = plugins.why(name);
    if (json) {
      output.json(problems);
    } else if (problems.isEmpty()) {
      output.line("satisfied");
    } else {
      problems.forEach(each -> output.line(Plain.oneLine(each.message())));
    }
    return 0;
  }

  @Override
  public List<String> names(String paramLabel) {
    return PluginWords.names(plugins);
  }
}
