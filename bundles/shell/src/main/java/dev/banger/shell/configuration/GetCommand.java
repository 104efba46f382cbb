// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.configuration;

import dev.banger.configuration.ConfigurationService;
import dev.banger.configuration.Setting;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.Plain;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "get",
    sortOptions = false,
    description = {
      "Print what is in force for a key; 'decided by the host' when that is known only at its use.",
      "--json tells its source, file, default, type and description, too."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  banger config get vm.vcpus", "  banger config get image.debianMirror --json"})
final class GetCommand implements Callable<Integer>, CompletesNames {
  private final ConfigurationService configuration;
  private final Output output;

  @Parameters(index = "0", paramLabel = "<key>", description = "The key, such as vm.vcpus.")
  private String name;

  @Option(names = "--json", description = "Print the key as JSON.")
  private boolean json;

  GetCommand(ConfigurationService configuration, Output output) {
    this.configuration = configuration;
    this.output = output;
  }

  @Override
  public Integer call() {
    Setting setting = configuration.get(name);
    if (json) {
      output.json(setting);
      return 0;
    }
    output.line(
        setting.inForce() == null ? "decided by the host" : Plain.oneLine(setting.inForce()));
    if (setting.problem() != null) {
      output.note("! " + Plain.oneLine(setting.problem()));
    }
    return 0;
  }

  @Override
  public List<String> names(String paramLabel) {
    return Settings.names(configuration);
  }
}
