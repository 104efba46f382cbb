// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The socket file: it appears ready and closed to others, and takes the place of a dead one only.
 */
final class RpcSocket implements AutoCloseable {
  private static final int BACKLOG = 128;

  private final Path path;
  private final ServerSocketChannel channel;

  private RpcSocket(Path path, ServerSocketChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /**
   * Listens.
   *
   * @param path in a directory that is closed to others
   * @throws BangerException IN_USE when somebody answers there
   */
  static RpcSocket listen(Path path) throws IOException {
    refuseLivingSocket(path);
    Path unready = path.resolveSibling(path.getFileName() + ".new");
    Files.deleteIfExists(unready);
    ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.bind(UnixDomainSocketAddress.of(unready), BACKLOG);
      Files.setPosixFilePermissions(unready, PosixFilePermissions.fromString("rw-------"));
      Files.move(unready, path, StandardCopyOption.ATOMIC_MOVE);
      return new RpcSocket(path, channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      Files.deleteIfExists(unready);
      throw e;
    }
  }

  private static void refuseLivingSocket(Path path) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    // S_IFSOCK
    int mode = (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    if ((mode & 0170000) != 0140000) {
      throw new BangerException(
          ErrorCode.IN_USE, path + " is in the way and is not a socket: move it away");
    }
    try (SocketChannel ignored = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
      throw new BangerException(
          ErrorCode.IN_USE, "another daemon answers at " + path + ": stop it first");
    } catch (IOException e) {
      // Nobody answers: a daemon that was killed left it.
    }
  }

  SocketChannel accept() throws IOException {
    return channel.accept();
  }

  boolean isOpen() {
    return channel.isOpen();
  }

  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      Files.deleteIfExists(path);
    }
  }
}
