// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.configuration;

import dev.banger.configuration.ConfigurationService;
import dev.banger.configuration.Setting;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.grammar.UsageException;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.Plain;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "set",
    sortOptions = false,
    description = {
      "Write values into your configuration file, for the next command on. Running VMs are left as"
          + " they are.",
      "Nothing is written unless all values are right. Several keys that depend on each other are"
          + " set by one command."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger config set vm.vcpus 2",
      "  banger config set vm.sshPortFirst 40000 vm.sshPortLast 40999",
      "  banger config set vm.workDiskBytes -1"
    })
final class SetCommand implements Callable<Integer>, CompletesNames {
  private final ConfigurationService configuration;
  private final Output output;

  @Parameters(index = "0", paramLabel = "<key>", description = "The key, such as vm.vcpus.")
  private String name;

  @Parameters(index = "1", paramLabel = "<value>", description = "Its value.")
  private String value;

  @Parameters(
      index = "2..*",
      arity = "0..*",
      paramLabel = "<key> <value>",
      hideParamSyntax = true,
      description = "More keys, each with its value.")
  private List<String> more = List.of();

  SetCommand(ConfigurationService configuration, Output output) {
    this.configuration = configuration;
    this.output = output;
  }

  @Override
  public Integer call() {
    Map<String, String> values = new LinkedHashMap<>();
    values.put(name, value);
    if (more.size() % 2 != 0) {
      throw new UsageException("the key " + more.get(more.size() - 1) + " has no value");
    }
    for (int i = 0; i < more.size(); i += 2) {
      if (values.put(more.get(i), more.get(i + 1)) != null) {
        throw new UsageException("the key " + more.get(i) + " is given twice");
      }
    }
    for (Setting each : configuration.set(values, output.operation())) {
      tellWhatGoesBefore(each);
    }
    return 0;
  }

  private void tellWhatGoesBefore(Setting setting) {
    if (setting.source() != Setting.Source.USER_FILE) {
      output.note(
          "written, but "
              + Settings.source(setting)
              + " goes before: "
              + setting.name()
              + " is "
              + Plain.oneLine(setting.value()));
    }
  }

  @Override
  public List<String> names(String paramLabel) {
    return paramLabel.equals("<key>") ? Settings.names(configuration) : List.of();
  }
}
