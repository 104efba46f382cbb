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
public record PortForward(String hostAddress, int hostPort, int guestPort) {}
