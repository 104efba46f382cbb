// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vm;

import java.util.List;

/**
 * A machine's network identity, reserved when it is created and kept until it is deleted.
 *
 * @param macAddress the guest's MAC address
 * @param address the guest's address with its prefix length, as the guest sees it
 * @param gateway the guest's default gateway
 * @param nameservers the guest's resolvers
 * @param sshHost where the host reaches the guest's ssh server
 * @param sshPort the port there
 */
public record VmNetwork(
    String macAddress,
    String address,
    String gateway,
    List<String> nameservers,
    String sshHost,
    int sshPort) {
  public VmNetwork {
    nameservers = List.copyOf(nameservers);
  }
}
