// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.portforward;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.PortForward;
import dev.banger.store.VmStore;
import dev.banger.vm.Vm;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Optional;

/** The ports of the host: which of them are free, and who has the others. */
final class HostPorts {
  private final VmStore store;

  HostPorts(VmStore store) {
    this.store = store;
  }

  /**
   * Returns when a port can be listened on.
   *
   * @param vm the machine that wants it
   * @throws BangerException ALREADY_EXISTS
   */
  void requireFree(PortForward port, Vm vm) {
    try (ServerSocket socket = new ServerSocket()) {
      // As the VMM does: connections that are still closing do not matter.
      socket.setReuseAddress(true);
      socket.bind(
          new InetSocketAddress(InetAddress.getByName(port.hostAddress()), port.hostPort()));
    } catch (IOException e) {
      throw new BangerException(
          ErrorCode.ALREADY_EXISTS,
          publisher(port, vm)
              .map(other -> publishedBy(other, port))
              .orElseGet(() -> unusable(port, vm, e.getMessage())),
          e);
    }
  }

  private Optional<Vm> publisher(PortForward port, Vm vm) {
    return store.list().stream()
        .filter(other -> !other.id().equals(vm.id()))
        .filter(other -> other.ports().stream().anyMatch(port::collidesWith))
        .findFirst();
  }

  private static String publishedBy(Vm other, PortForward port) {
    return "port %d is published by vm \"%s\"; choose another, or withdraw that with: banger vm ports remove %s %d"
        .formatted(port.hostPort(), other.name(), other.name(), port.hostPort());
  }

  private static String unusable(PortForward port, Vm vm, String reason) {
    return "port %d of %s cannot be published for vm \"%s\": %s; take a free port and an address of this host (ss -ltnp names the program that has a port)"
        .formatted(port.hostPort(), port.hostAddress(), vm.name(), reason);
  }
}
