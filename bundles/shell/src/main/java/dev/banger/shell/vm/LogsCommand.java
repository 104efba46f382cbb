// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.grammar.UsageException;
import dev.banger.shell.output.Output;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "logs",
    sortOptions = false,
    description = {
      "Print what a guest wrote to its serial console: kernel messages, init, the login prompt.",
      "On a terminal, control characters are shown as ^X; elsewhere the bytes are passed on as they"
          + " are."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  banger vm logs web", "  banger vm logs -n 20 -f web"})
final class LogsCommand implements Callable<Integer>, CompletesNames {
  private final VmService vms;
  private final Output output;
  private final VmNames names;

  @Parameters(paramLabel = "<vm>", description = "The VM: id, name or unambiguous prefix.")
  private String reference;

  @Option(
      names = {"-f", "--follow"},
      description = "Go on with what is written until Ctrl-C, or until the VM is gone.")
  private boolean follow;

  @Option(
      names = {"-n", "--lines"},
      paramLabel = "<count>",
      description = "Begin this many lines before the end; all of them without it.")
  private Integer lines;

  LogsCommand(VmService vms, Output output, VmNames names) {
    this.vms = vms;
    this.output = output;
    this.names = names;
  }

  @Override
  public Integer call() {
    if (lines != null && lines < 0) {
      throw new UsageException("--lines cannot be negative");
    }
    Vm vm = vms.find(reference);
    ConsoleLog log = new ConsoleLog(vm.files().consoleLog(), output);
    if (!follow) {
      log.print(lines);
      return 0;
    }
    return Following.run(
        output,
        () -> {
          log.print(lines);
          log.follow(() -> exists(vm.id()));
        });
  }

  private boolean exists(String id) {
    return vms.list().stream().anyMatch(vm -> vm.id().equals(id));
  }

  @Override
  public List<String> names(String paramLabel) {
    return names.all();
  }
}
