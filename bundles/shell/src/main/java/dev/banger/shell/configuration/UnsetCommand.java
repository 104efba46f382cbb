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
import picocli.CommandLine.Parameters;

@Command(
    name = "unset",
    sortOptions = false,
    description = {
      "Take keys out of your configuration file: what lies underneath is in force again.",
      "Prints each key with its value then."
    },
    footerHeading = "%nExamples:%n",
    footer = "  banger config unset vm.vcpus")
final class UnsetCommand implements Callable<Integer>, CompletesNames {
  private final ConfigurationService configuration;
  private final Output output;

  @Parameters(arity = "1..*", paramLabel = "<key>", description = "The keys, such as vm.vcpus.")
  private List<String> names;

  UnsetCommand(ConfigurationService configuration, Output output) {
    this.configuration = configuration;
    this.output = output;
  }

  @Override
  public Integer call() {
    for (Setting each : configuration.unset(names, output.operation())) {
      output.line(
          each.name() + "  " + Plain.oneLine(Settings.value(each)) + "  " + Settings.source(each));
    }
    return 0;
  }

  @Override
  public List<String> names(String paramLabel) {
    return Settings.names(configuration);
  }
}
