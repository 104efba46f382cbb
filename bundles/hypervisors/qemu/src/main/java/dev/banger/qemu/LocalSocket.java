// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Connects to the Unix sockets of a VMM. */
final class LocalSocket {
  private static final Duration PAUSE = Duration.ofMillis(10);

  private LocalSocket() {}

  /**
   * A connection in blocking mode. A VMM that hangs takes nobody, and lets only one or two wait:
   * whoever comes then would wait inside the kernel for ever, so that it is tried again instead for
   * as long as the operation lasts.
   *
   * @throws BangerException NOT_RUNNING when nobody listens there; how the operation ended
   */
  static SocketChannel connect(Path socket, Operation operation) {
    while (true) {
      operation.check();
      try {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        if (isConnected(channel, socket)) {
          return channel;
        }
      } catch (IOException e) {
        if (!mayBeCrowded(socket, e)) {
          throw new BangerException(
              ErrorCode.NOT_RUNNING,
              "nobody listens on %s: %s".formatted(socket, e.getMessage()),
              e);
        }
      }
      operation.pause(PAUSE);
    }
  }

  /** Java tells that nobody more may wait by the text of the error alone, which is the locale's. */
  private static boolean mayBeCrowded(Path socket, IOException e) {
    return e instanceof SocketException
        && !(e instanceof ConnectException)
        && Files.isWritable(socket);
  }

  /** Closes the channel unless it is. */
  private static boolean isConnected(SocketChannel channel, Path socket) throws IOException {
    boolean connected = false;
    try {
      channel.configureBlocking(false);
      connected = channel.connect(UnixDomainSocketAddress.of(socket));
      if (connected) {
        channel.configureBlocking(true);
      }
      return connected;
    } finally {
      if (!connected) {
        channel.close();
      }
    }
  }
}
