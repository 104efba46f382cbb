// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.GuestService;
import dev.banger.operation.Operation;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.grammar.CountOption;
import dev.banger.shell.grammar.TakesCommand;
import dev.banger.shell.output.Output;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
import dev.banger.vm.VmState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "ssh",
    sortOptions = false,
    customSynopsis = "banger vm ssh [options] <vm> [-- <ssh argument>...]",
    description = {
      "Log in to a running VM with this system's ssh client, as root with banger's own key.",
      "What follows '--' is handed to ssh: its options, then a remote command, which ssh joins with"
          + " blanks and gives to the guest's shell."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger vm ssh web",
      "  banger vm ssh web -- -L 8080:localhost:80",
      "  banger vm ssh web -- journalctl -f"
    })
final class SshCommand implements Callable<Integer>, TakesCommand, CompletesNames {
  private final VmService vms;
  private final GuestService guests;
  private final Output output;
  private final VmNames names;

  @Parameters(paramLabel = "<vm>", description = "A running VM.")
  private String reference;

  @Option(
      names = "--timeout",
      paramLabel = "<seconds>",
      defaultValue = "60",
      converter = CountOption.class,
      description = "How long to wait for the guest's ssh server: ${DEFAULT-VALUE} seconds.")
  private Integer seconds;

  private List<String> arguments = List.of();

  SshCommand(VmService vms, GuestService guests, Output output, VmNames names) {
    this.vms = vms;
    this.guests = guests;
    this.output = output;
    this.names = names;
  }

  @Override
  public void command(List<String> words) {
    arguments = words;
  }

  @Override
  public Integer call() {
    Vm vm = vms.find(reference);
    if (vm.state() != VmState.RUNNING) {
      throw new BangerException(
          ErrorCode.NOT_RUNNING,
          String.format("VM '%1$s' is not running; start it: banger vm start %1$s", vm.name()));
    }
    awaitSsh(vm);
    return output.console().runLocally(guests.sshCommand(vm.id(), arguments), Map.of());
  }

  private void awaitSsh(Vm vm) {
    Operation bounded = output.operation().within(Duration.ofSeconds(seconds));
    try {
      guests.awaitSsh(vm.id(), bounded);
    } catch (BangerException e) {
      if (e.code() != ErrorCode.DEADLINE_EXCEEDED) {
        throw e;
      }
      throw new BangerException(
          ErrorCode.DEADLINE_EXCEEDED,
          String.format(
              "no ssh server in '%1$s' accepted a login within %2$d seconds; 'banger vm exec %1$s"
                  + " -t -- sh' needs none, 'banger vm logs %1$s' shows the boot",
              vm.name(), seconds),
          e);
    }
  }

  @Override
  public List<String> names(String paramLabel) {
    return paramLabel.equals("<vm>") ? names.running() : List.of();
  }
}
