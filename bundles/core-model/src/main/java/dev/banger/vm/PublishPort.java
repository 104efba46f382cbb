// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vm;

/**
 * A request to publish a TCP port of a guest on the host. Null means: let banger choose.
 *
 * @param hostAddress the host's IPv4 address to listen on; null: 127.0.0.1, where only the host
 *     itself reaches it
 * @param hostPort the host's port, 1 to 65535; null or 0: a free one, which the machine then keeps
 * @param guestPort the guest's port, 1 to 65535
 */
public record PublishPort(String hostAddress, Integer hostPort, int guestPort) {}
