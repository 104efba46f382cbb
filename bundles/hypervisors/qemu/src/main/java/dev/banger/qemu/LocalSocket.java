// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** Connects to the Unix sockets of a VMM. */
final class LocalSocket {
  private LocalSocket() {}

  /**
   * A connection in blocking mode. Connecting itself does not wait: the VMM listens or it does not.
   *
   * @throws BangerException NOT_RUNNING when nobody listens there
   */
  static SocketChannel connect(Path socket) {
    try {
      return SocketChannel.open(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      throw new BangerException(
          ErrorCode.NOT_RUNNING, "nobody listens on %s: %s".formatted(socket, e.getMessage()), e);
    }
  }
}
