// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.grammar.NameOption;
import dev.banger.shell.output.Output;
import dev.banger.vm.VmService;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "rename",
    sortOptions = false,
    description = {
      "Give a VM another name. A running guest is called by it from its next start on.",
      "Prints the new name."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  banger vm rename calm-otter web"})
final class RenameCommand implements Callable<Integer>, CompletesNames {
  private final VmService vms;
  private final Output output;
  private final VmNames names;

  @Parameters(
      index = "0",
      paramLabel = "<vm>",
      description = "The VM: id, name or unambiguous prefix.")
  private String reference;

  @Parameters(
      index = "1",
      paramLabel = "<name>",
      converter = NameOption.class,
      description = "Its new name: 1 to 63 of a-z, 0-9 and '-'.")
  private String name;

  RenameCommand(VmService vms, Output output, VmNames names) {
    this.vms = vms;
    this.output = output;
    this.names = names;
  }

  @Override
  public Integer call() {
    output.line(vms.rename(reference, name, output.operation()).name());
    return 0;
  }

  @Override
  public List<String> names(String paramLabel) {
    return paramLabel.equals("<vm>") ? names.all() : List.of();
  }
}
