// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.vm.Vm;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/** Chooses the loopback ports that lead to the guests' ssh servers. */
final class SshPorts {
  private final int first;
  private final int count;
  private final RandomGenerator random;

  SshPorts(VmConfiguration configuration, RandomGenerator random) {
    if (configuration.sshPortFirst() < 1024
        || configuration.sshPortLast() > 65_535
        || configuration.sshPortLast() < configuration.sshPortFirst()) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          "the keys sshPortFirst and sshPortLast of the configuration "
              + VmConfiguration.PID
              + " must name a range within 1024 to 65535");
    }
    this.first = configuration.sshPortFirst();
    this.count = configuration.sshPortLast() - first + 1;
    this.random = random;
  }

  /**
   * A port that no other machine has and that is free on the host. The search begins anywhere in
   * the range, so that two installations seldom try the same one.
   */
  int choose(List<Vm> machines) {
    Set<Integer> taken =
        machines.stream()
            .filter(vm -> vm.network() != null)
            .map(vm -> vm.network().sshPort())
            .collect(Collectors.toSet());
    int offset = random.nextInt(count);
    for (int i = 0; i < count; i++) {
      int port = first + (offset + i) % count;
      if (!taken.contains(port) && isFree(port)) {
        return port;
      }
    }
    throw new BangerException(
        ErrorCode.HOST_UNFIT,
        "no port from %d to %d is free for a machine's ssh; delete machines or widen sshPortFirst and sshPortLast of the configuration %s"
            .formatted(first, first + count - 1, VmConfiguration.PID));
  }

  /** Whether nobody listens on a loopback port. */
  static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
