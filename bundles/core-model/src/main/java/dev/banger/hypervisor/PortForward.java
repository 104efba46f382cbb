// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.hypervisor;

/**
 * A TCP port of the host that leads into a guest.
 *
 * @param hostAddress the address to listen on, such as 127.0.0.1
 * @param hostPort 1 to 65535
 * @param guestPort 1 to 65535
 */
public record PortForward(String hostAddress, int hostPort, int guestPort) {
  /** Every IPv4 address of the host. */
  private static final String EVERY_ADDRESS = "0.0.0.0";

  /** Whether the host can have only one of both: they listen on the same port and address. */
  public boolean collidesWith(PortForward other) {
    return hostPort == other.hostPort
        && (hostAddress.equals(other.hostAddress)
            || hostAddress.equals(EVERY_ADDRESS)
            || other.hostAddress.equals(EVERY_ADDRESS));
  }

  /**
   * As shown to people and as the option {@code --publish} takes it: ADDRESS:HOSTPORT:GUESTPORT.
   */
  @Override
  public String toString() {
    return hostAddress + ":" + hostPort + ":" + guestPort;
  }
}
