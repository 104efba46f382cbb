// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.guest.GuestService;
import dev.banger.guest.Listener;
import dev.banger.hypervisor.PortForward;
import dev.banger.shell.grammar.CommandGroup;
import dev.banger.shell.grammar.CompletesNames;
import dev.banger.shell.grammar.UsageException;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.Table;
import dev.banger.vm.Vm;
import dev.banger.vm.VmService;
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
    description = {
      "List what listens in running VMs, and where the host reaches it; or publish more ports."
    },
    customSynopsis = {
      "banger vm ports [--json] <vm>...",
      "banger vm ports add [--json] <vm> <port>...",
      "banger vm ports remove [--json] <vm> <host port>..."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger vm ports web db",
      "  banger vm ports web --json",
      "  banger vm ports add web 8080:80",
      "  banger vm ports remove web 8080"
    })
final class PortsCommand extends CommandGroup implements Callable<Integer>, CompletesNames {
  private final GuestService guests;
  private final Targets targets;
  private final Output output;
  private final VmNames names;

  // Not required by the grammar, which would ask for it beside a subcommand, too.
  @Parameters(paramLabel = "<vm>", arity = "0..*", description = "Running VMs.")
  private List<String> references = new ArrayList<>();

  @Option(names = "--json", description = "Print an array of listeners as JSON.")
  private boolean json;

  PortsCommand(VmService vms, GuestService guests, Targets targets, Output output, VmNames names) {
    this.guests = guests;
    this.targets = targets;
    this.output = output;
    this.names = names;
    add("add", () -> new AddPortsCommand(vms, output, names));
    add("remove", () -> new RemovePortsCommand(vms, output, names));
  }

  /**
   * A port in a guest.
   *
   * @param vm the VM's name
   * @param protocol {@code tcp}, {@code tcp6}, {@code udp} or {@code udp6}
   * @param address the address that it is bound to; null when it is published and nothing listens
   * @param port its number
   * @param url where it is reached on the host; null when it is not forwarded
   */
  record GuestPort(String vm, String protocol, String address, int port, String url) {}

  @Override
  public Integer call() {
    if (references.isEmpty()) {
      throw new UsageException("name at least one VM");
    }
    List<GuestPort> ports = new ArrayList<>();
    int status =
        targets.serve(
            references,
            vm -> ports(vm, guests.listeners(vm.id(), output.operation())),
            ports::addAll);
    if (json) {
      output.json(ports);
    } else {
      Table table = new Table("VM", "PROTOCOL", "ADDRESS", "PORT", "URL");
      ports.forEach(
          each ->
              table.row(
                  each.vm,
                  each.protocol,
                  each.address == null ? "nothing listens" : each.address,
                  each.port,
                  each.url == null ? "not forwarded" : each.url));
      output.table(table);
    }
    return status;
  }

  private static List<GuestPort> ports(Vm vm, List<Listener> listeners) {
    List<GuestPort> ports = new ArrayList<>();
    List<PortForward> unused = new ArrayList<>(Urls.forwards(vm));
    for (Listener each : sorted(listeners)) {
      List<PortForward> leading =
          Urls.forwards(vm).stream().filter(forward -> Urls.leadsTo(forward, each)).toList();
      leading.forEach(forward -> ports.add(port(vm, each, Urls.of(forward))));
      if (leading.isEmpty()) {
        ports.add(port(vm, each, null));
      }
      unused.removeAll(leading);
    }
    unused.retainAll(vm.ports());
    unused.forEach(
        forward ->
            ports.add(
                new GuestPort(vm.name(), "tcp", null, forward.guestPort(), Urls.of(forward))));
    return ports;
  }

  private static GuestPort port(Vm vm, Listener listener, String url) {
    return new GuestPort(vm.name(), listener.protocol(), listener.address(), listener.port(), url);
  }

  private static List<Listener> sorted(List<Listener> listeners) {
    return listeners.stream()
        .distinct()
        .sorted(
            Comparator.comparingInt(Listener::port)
                .thenComparing(Listener::protocol)
                .thenComparing(Listener::address))
        .toList();
  }

  @Override
  public List<String> names(String paramLabel) {
    return names.running();
  }
}
