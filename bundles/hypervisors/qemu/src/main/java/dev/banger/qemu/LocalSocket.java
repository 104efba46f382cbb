// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;

/** Connects to Unix sockets without ever waiting longer than the operation allows. */
final class LocalSocket {
  private static final Duration PAUSE = Duration.ofMillis(10);

  private LocalSocket() {}

  /**
   * A connection in non-blocking mode.
   *
   * @throws BangerException NOT_RUNNING when nobody listens there; CANCELLED, DEADLINE_EXCEEDED
   */
  static SocketChannel connect(Path socket, Operation operation) {
    while (true) {
      operation.check();
      SocketChannel channel = null;
      try {
        channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
      } catch (IOException e) {
        throw new BangerException(
            ErrorCode.NOT_RUNNING,
            "nobody listens on %s: %s".formatted(socket, e.getMessage()),
            e);
      }
      if (channel != null) {
        return channel;
      }
      operation.pause(PAUSE);
    }
  }
}
