// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.vm.VmNetwork;
import java.util.List;

/** Network identities in user mode, where each guest is alone on a network of QEMU's own. */
final class UserNetwork {
  /** The defaults of QEMU's user network (its manual, -netdev user). */
  private static final String ADDRESS = "10.0.2.15/24";

  private static final String GATEWAY = "10.0.2.2";
  private static final String NAMESERVER = "10.0.2.3";

  private UserNetwork() {}

  /** The identity of a machine that is reached through a loopback port. */
  static VmNetwork identity(String id, int sshPort) {
    return new VmNetwork(
        macAddress(id), ADDRESS, GATEWAY, List.of(NAMESERVER), "127.0.0.1", sshPort);
  }

  // 52:54:00 is the prefix that QEMU and libvirt use for guests.
  private static String macAddress(String id) {
    return "52:54:00:%s:%s:%s"
        .formatted(id.substring(0, 2), id.substring(2, 4), id.substring(4, 6));
  }
}
