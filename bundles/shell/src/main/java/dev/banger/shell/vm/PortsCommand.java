// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.guest.GuestService;
import dev.banger.guest.Listener;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.Table;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "ports",
    sortOptions = false,
    description = "List what listens in running VMs.",
    footerHeading = "%nExamples:%n",
    footer = {"  banger vm ports web db", "  banger vm ports web --json"})
final class PortsCommand implements Callable<Integer>, CompletesNames {
  private final GuestService guests;
  private final Targets targets;
  private final Output output;
  private final VmNames names;

  @Parameters(paramLabel = "<vm>", arity = "1..*", description = "Running VMs.")
  private List<String> references;

  @Option(names = "--json", description = "Print an array of listeners as JSON.")
  private boolean json;

  PortsCommand(GuestService guests, Targets targets, Output output, VmNames names) {
    this.guests = guests;
    this.targets = targets;
    this.output = output;
    this.names = names;
  }

  /**
   * A port in a guest.
   *
   * @param vm the VM's name
   * @param protocol {@code tcp}, {@code tcp6}, {@code udp} or {@code udp6}
   * @param address the address that it is bound to
   * @param port its number
   */
  record GuestPort(String vm, String protocol, String address, int port) {}

  @Override
  public Integer call() {
    List<GuestPort> ports = new ArrayList<>();
    int status =
        targets.serve(
            references,
            vm -> ports(vm.name(), guests.listeners(vm.id(), output.operation())),
            ports::addAll);
    if (json) {
      output.json(ports);
    } else {
      Table table = new Table("VM", "PROTOCOL", "ADDRESS", "PORT");
      ports.forEach(each -> table.row(each.vm, each.protocol, each.address, each.port));
      output.table(table);
    }
    return status;
  }

  private static List<GuestPort> ports(String vm, List<Listener> listeners) {
    return listeners.stream()
        .distinct()
        .sorted(
            Comparator.comparingInt(Listener::port)
                .thenComparing(Listener::protocol)
                .thenComparing(Listener::address))
        .map(each -> new GuestPort(vm, each.protocol(), each.address(), each.port()))
        .toList();
  }

  @Override
  public List<String> names(String paramLabel) {
    return names.running();
  }
}
