// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
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
  private final Selector selector;
  private volatile boolean left;

  private RpcSocket(Path path, ServerSocketChannel channel) throws IOException {
    this.path = path;
    this.channel = channel;
    this.selector = Selector.open();
    channel.configureBlocking(false);
    channel.register(selector, SelectionKey.OP_ACCEPT);
  }

  /** Listens on a socket that a predecessor left. */
  static RpcSocket resume(Path path, ServerSocketChannel channel) throws IOException {
    return new RpcSocket(path, channel);
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

  /**
   * Waits for a client.
   *
   * @throws ClosedChannelException once the socket is closed or left
   */
  SocketChannel accept() throws IOException {
    while (true) {
      if (left) {
        throw new ClosedChannelException();
      }
      SocketChannel client = channel.accept();
      if (client != null) {
        return client;
      }
      try {
        selector.select();
      } catch (ClosedSelectorException e) {
        throw new ClosedChannelException();
      }
    }
  }

  boolean isOpen() {
    return channel.isOpen() && !left;
  }

  /**
   * Accepts no more, and leaves the clients that come to a successor.
   *
   * @return the socket, which goes on listening
   */
  ServerSocketChannel leave() throws IOException {
    left = true;
    selector.close();
    return channel;
  }

  /** Closes what no client finds any more, and leaves the file alone: it is another one's. */
  void abandon() throws IOException {
    try (selector) {
      channel.close();
    }
  }

  @Override
  public void close() throws IOException {
    try (selector) {
      channel.close();
    } finally {
      Files.deleteIfExists(path);
    }
  }
}
