// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports of the loopback address for servers that are started later. They lie before those that
 * banger gives to machines and before those that Linux gives to outgoing connections (32768,
 * ip_local_port_range): the tests of another fork make many, and could take one meanwhile.
 */
final class FreePort {
  private static final int FIRST = 10_000;
  private static final int BEHIND_LAST = 20_000;

  private FreePort() {}

  /** A port that nobody has. */
  static int any() throws IOException {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, BEHIND_LAST);
      if (isFree(port)) {
        return port;
      }
    }
  }

  private static boolean isFree(int port) throws IOException {
    InetAddress loopback = InetAddress.getByName("127.0.0.1");
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(loopback, port));
      return true;
    } catch (java.net.BindException e) {
      return false;
    }
  }
}
