// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.PortForward;
import dev.banger.vm.Vm;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** Chooses the loopback ports that lead to the guests' ssh servers. */
final class SshPorts {
  private final Supplier<VmConfiguration> settings;
  private final RandomGenerator random;

  SshPorts(Supplier<VmConfiguration> settings, RandomGenerator random) {
    this.settings = settings;
    this.random = random;
  }

  /**
   * A port that no other machine has and that is free on the host. The search begins anywhere in
   * the range, so that two installations seldom try the same one.
   */
  int choose(List<Vm> machines) {
    return choose(machines, List.of());
  }

  /**
   * As {@link #choose(List)}, for a machine that is not among them.
   *
   * @param published the ports that it publishes
   */
  int choose(List<Vm> machines, List<PortForward> published) {
    Set<Integer> taken = new HashSet<>();
    published.forEach(port -> taken.add(port.hostPort()));
    for (Vm vm : machines) {
      vm.ports().forEach(port -> taken.add(port.hostPort()));
      if (vm.network() != null) {
        taken.add(vm.network().sshPort());
      }
    }
    Range range = range();
    int offset = random.nextInt(range.count());
    for (int i = 0; i < range.count(); i++) {
      int port = range.first + (offset + i) % range.count();
      if (!taken.contains(port) && isFree(port)) {
        return port;
      }
    }
    throw new BangerException(
        ErrorCode.HOST_UNFIT,
        "no port from %d to %d is free for a machine's ssh; delete machines or widen sshPortFirst and sshPortLast of the configuration %s"
            .formatted(range.first, range.last, VmConfiguration.PID));
  }

  /** Whether a port is one of those that are kept for ssh. */
  boolean covers(int port) {
    Range range = range();
    return port >= range.first && port <= range.last;
  }

  private Range range() {
    VmConfiguration now = settings.get();
    return new Range(now.sshPortFirst(), now.sshPortLast());
  }

  private record Range(int first, int last) {
    Range {
      if (first < 1024 || last > 65_535 || last < first) {
        throw new BangerException(
            ErrorCode.BAD_REQUEST,
            "the keys sshPortFirst and sshPortLast of the configuration "
                + VmConfiguration.PID
                + " must name a range within 1024 to 65535");
      }
    }

    int count() {
      return last - first + 1;
    }
  }

  /** Whether nobody listens on a loopback port. */
  static boolean isFree(int port) {
    return isFree("127.0.0.1", port);
  }

  /**
   * Whether nobody listens on a port of the host, and somebody may.
   *
   * @param address an IPv4 address
   */
  static boolean isFree(String address, int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getByName(address), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
