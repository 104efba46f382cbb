// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.PortForward;
import dev.banger.vm.ChangeVm;
import dev.banger.vm.CreateVm;
import dev.banger.vm.PublishPort;
import dev.banger.vm.Vm;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;

/** The ports that one machine publishes, as they are being put together. For one thread. */
final class PublishedPorts {
  private static final int MOST = 64;
  private static final int LARGEST = 65_535;
  private static final String LOOPBACK = "127.0.0.1";

  private static final String BYTE = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
  private static final Pattern IPV4_ADDRESS = Pattern.compile("(" + BYTE + "\\.){3}" + BYTE);

  /**
   * Chosen ports lie behind the usual ones for ssh and before those that Linux gives to outgoing
   * connections (32768, ip_local_port_range): those could take one while its machine is stopped.
   */
  private static final int FIRST_CHOSEN = 30_000;

  private static final int LAST_CHOSEN = 32_767;

  private final List<PortForward> ports;
  private final List<Vm> others;
  private final SshPorts sshPorts;

  private PublishedPorts(List<PortForward> ports, List<Vm> others, SshPorts sshPorts) {
    this.ports = new ArrayList<>(ports);
    this.others = others;
    this.sshPorts = sshPorts;
  }

  /**
   * Returns when ports may be asked for, whoever has them.
   *
   * @throws BangerException BAD_REQUEST
   */
  static void check(List<PublishPort> asked) {
    for (PublishPort port : asked) {
      requirePort("the guest's", port.guestPort(), 1);
      if (port.hostPort() != null) {
        requirePort("the host's", port.hostPort(), 0);
      }
      if (port.hostAddress() != null && !IPV4_ADDRESS.matcher(port.hostAddress()).matches()) {
        throw bad(
            "ports are published on IPv4 addresses of the host, such as 127.0.0.1, and on no other");
      }
    }
    requireNotMany(asked.size());
  }

  /**
   * The ports of a new machine.
   *
   * @param others the machines that there are
   * @throws BangerException BAD_REQUEST; ALREADY_EXISTS when another machine has a port
   */
  static List<PortForward> of(CreateVm request, List<Vm> others, SshPorts sshPorts) {
    PublishedPorts published = new PublishedPorts(List.of(), others, sshPorts);
    request.ports().forEach(published::add);
    return published.ports;
  }

  /**
   * The ports of a machine after a change.
   *
   * @throws BangerException as {@link #check} and {@link #of}
   */
  static List<PortForward> changed(Vm vm, ChangeVm change, MachineParts parts) {
    if (change.addedPorts().isEmpty() && change.removedPorts().isEmpty()) {
      return vm.ports();
    }
    check(change.addedPorts());
    List<PortForward> kept =
        vm.ports().stream()
            .filter(port -> !change.removedPorts().contains(port.hostPort()))
            .toList();
    PublishedPorts published =
        new PublishedPorts(kept, othersThan(vm, parts.store().list()), parts.sshPorts());
    change.addedPorts().forEach(published::add);
    requireNotMany(published.ports.size());
    return published.ports;
  }

  /** All machines, that one without the ports that it publishes. */
  static List<Vm> othersThan(Vm vm, List<Vm> machines) {
    return machines.stream()
        .map(each -> each.id().equals(vm.id()) ? each.withPorts(List.of()) : each)
        .toList();
  }

  private void add(PublishPort asked) {
    String address = asked.hostAddress() == null ? LOOPBACK : asked.hostAddress();
    if (asked.hostPort() == null || asked.hostPort() == 0) {
      ports.add(choose(address, asked.guestPort()));
      return;
    }
    PortForward port = new PortForward(address, asked.hostPort(), asked.guestPort());
    if (ports.contains(port)) {
      return;
    }
    for (PortForward own : ports) {
      if (own.collidesWith(port)) {
        throw bad(
            "port %d of %s leads to port %d of the guest already; a machine publishes it once"
                .formatted(own.hostPort(), own.hostAddress(), own.guestPort()));
      }
    }
    requireNobodyElses(port);
    ports.add(port);
  }

  private void requireNobodyElses(PortForward port) {
    for (Vm other : others) {
      if (other.ports().stream().anyMatch(port::collidesWith)) {
        throw new BangerException(
            ErrorCode.ALREADY_EXISTS,
            "port %d is published by vm \"%s\"; choose another, or withdraw that with: banger vm ports remove %s %d"
                .formatted(port.hostPort(), other.name(), other.name(), port.hostPort()));
      }
      if (isSshOf(other, port)) {
        throw new BangerException(
            ErrorCode.ALREADY_EXISTS,
            "port %d leads to the ssh server of vm \"%s\"; choose another"
                .formatted(port.hostPort(), other.name()));
      }
    }
  }

  private static boolean isSshOf(Vm vm, PortForward port) {
    return vm.network() != null
        && new PortForward(vm.network().sshHost(), vm.network().sshPort(), 22).collidesWith(port);
  }

  private PortForward choose(String address, int guestPort) {
    int count = LAST_CHOSEN - FIRST_CHOSEN + 1;
    int offset = ThreadLocalRandom.current().nextInt(count);
    for (int i = 0; i < count; i++) {
      PortForward port = new PortForward(address, FIRST_CHOSEN + (offset + i) % count, guestPort);
      if (isNobodys(port) && SshPorts.isFree(address, port.hostPort())) {
        return port;
      }
    }
    throw new BangerException(
        ErrorCode.HOST_UNFIT,
        "no port from %d to %d is free on %s, if that is an address of this host at all; name a port"
            .formatted(FIRST_CHOSEN, LAST_CHOSEN, address));
  }

  private boolean isNobodys(PortForward port) {
    return !sshPorts.covers(port.hostPort())
        && ports.stream().noneMatch(port::collidesWith)
        && others.stream()
            .noneMatch(vm -> isSshOf(vm, port) || vm.ports().stream().anyMatch(port::collidesWith));
  }

  private static void requireNotMany(int count) {
    if (count > MOST) {
      throw bad("a machine can publish at most %d ports".formatted(MOST));
    }
  }

  private static void requirePort(String whose, int port, int least) {
    if (port < least || port > LARGEST) {
      throw bad("%s port must be %d to %d, not %d".formatted(whose, least, LARGEST, port));
    }
  }

  private static BangerException bad(String message) {
    return new BangerException(ErrorCode.BAD_REQUEST, message);
  }
}
