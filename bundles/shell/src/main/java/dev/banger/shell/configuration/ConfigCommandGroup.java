// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.configuration;

import dev.banger.configuration.ConfigurationService;
import dev.banger.shell.grammar.CommandGroup;
import dev.banger.shell.output.Output;
import picocli.CommandLine.Command;

@Command(
    name = "config",
    description = {
      "Look at and change the configuration of banger; what is changed is in force at once.",
      "A key is named as in the list, or with its whole PID: vm.vcpus is dev.banger.vm.vcpus."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger config list",
      "  banger config get vm.vcpus",
      "  banger config set vm.vcpus 2",
      "  banger config unset vm.vcpus"
    })
final class ConfigCommandGroup extends CommandGroup {
  ConfigCommandGroup(ConfigurationService configuration, Output output) {
    add("list", () -> new ListCommand(configuration, output), "ls");
    add("get", () -> new GetCommand(configuration, output));
    add("set", () -> new SetCommand(configuration, output));
    add("unset", () -> new UnsetCommand(configuration, output));
  }
}
