// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.guest;

/**
 * A port on which something in the guest listens.
 *
 * @param protocol {@code tcp}, {@code tcp6}, {@code udp} or {@code udp6}
 * @param address the address it is bound to
 * @param port 1 to 65535
 */
public record Listener(String protocol, String address, int port) {}
