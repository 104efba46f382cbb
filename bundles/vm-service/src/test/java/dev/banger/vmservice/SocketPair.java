// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ByteChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Two connected sockets.
 *
 * @param host one end
 * @param guest the other
 */
record SocketPair(ByteChannel host, ByteChannel guest) {
  static SocketPair open() {
    try {
      Path directory = Files.createTempDirectory("pair");
      UnixDomainSocketAddress address = UnixDomainSocketAddress.of(directory.resolve("s"));
      try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
        server.bind(address);
        SocketChannel host = SocketChannel.open(address);
        return new SocketPair(host, server.accept());
      } finally {
        DurableFiles.deleteTree(directory);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
