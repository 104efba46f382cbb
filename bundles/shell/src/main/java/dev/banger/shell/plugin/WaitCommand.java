// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.plugin;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.plugin.PluginService;
import dev.banger.plugin.PluginUpdate;
import dev.banger.plugin.PluginUpdate.State;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.output.Output;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "wait",
    sortOptions = false,
    description = {
      "Wait for the update of a plugin that goes on, and tell how the last one ended: with status 0"
          + " when the new version is at work, 1 when it was given up."
    },
    footerHeading = "%nExamples:%n",
    footer = "  banger plugin wait runtime")
final class WaitCommand implements Callable<Integer>, CompletesNames {
  private final PluginService plugins;
  private final Output output;

  @Parameters(paramLabel = "<plugin>", description = "The plugin's name.")
  private String name;

  @Option(names = "--json", description = "Print the update's record as JSON.")
  private boolean json;

  WaitCommand(PluginService plugins, Output output) {
    this.plugins = plugins;
    this.output = output;
  }

  @Override
  public Integer call() {
    PluginUpdate update = plugins.await(name, output.operation());
    if (json) {
      output.json(update);
      return update.state() == State.DONE ? 0 : 1;
    }
    if (update.state() != State.DONE) {
      throw new BangerException(ErrorCode.OPERATION_FAILED, update.name() + ": " + update.reason());
    }
    output.line(UpdateWords.done(update));
    return 0;
  }

  @Override
  public List<String> names(String paramLabel) {
    return PluginWords.names(plugins);
  }
}
