// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.plugin;

import dev.banger.plugin.PluginService;
import dev.banger.plugin.PluginSource;
import dev.banger.plugin.PluginUpdate;
import dev.banger.plugin.PluginUpdate.State;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.grammar.UsageException;
import dev.banger.shell.output.Output;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "update",
    sortOptions = false,
    description = {
      "Replace a plugin, or a part of banger itself, by another version of it while VMs and"
          + " commands go on. When the new one does not work, the previous one returns by itself"
          + " and the status is 1.",
      "The update of dev.banger.runtime and of dev.banger.shell goes on when this command has"
          + " ended; 'banger plugin wait' tells how it ended."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger plugin update greeting ~/greeting-0.2.0.jar",
      "  banger plugin update vm-service",
      "  banger plugin update runtime ~/runtime.jar && banger plugin wait runtime"
    })
final class UpdateCommand implements Callable<Integer>, CompletesNames {
  private final PluginService plugins;
  private final Output output;

  @Parameters(index = "0", paramLabel = "<plugin>", description = "The plugin's name.")
  private String name;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "<source>",
      description =
          "The new jar: a path, mvn:group:artifact:version or a URL with --sha256. Without it the"
              + " jar in the plugin's place is read again.")
  private String source;

  @Option(
      names = "--sha256",
      paramLabel = "<digest>",
      description = "The digest that the new jar must have.")
  private String sha256;

  @Option(names = "--json", description = "Print the update's record as JSON.")
  private boolean json;

  UpdateCommand(PluginService plugins, Output output) {
    this.plugins = plugins;
    this.output = output;
  }

  @Override
  public Integer call() {
    if (source == null && sha256 != null) {
      throw new UsageException("--sha256 is about a <source>, which is missing");
    }
    PluginUpdate update = plugins.update(name, source(), output.operation());
    if (json) {
      output.json(update);
    } else if (update.state() == State.RUNNING) {
      output.note(
          "this command runs through "
              + update.name()
              + ": the update goes on without it; ask with 'banger plugin wait "
              + update.name()
              + "'");
    } else {
      output.line(UpdateWords.done(update));
    }
    return 0;
  }

  private PluginSource source() {
    return source == null ? null : Sources.of(source, sha256, output);
  }

  @Override
  public List<String> names(String paramLabel) {
    return paramLabel.equals("<plugin>") ? PluginWords.names(plugins) : List.of();
  }
}
