// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.osgi.framework.BundleContext;

/**
 * Where the listening socket is left by a server that goes, for the one that comes: clients wait in
 * its queue meanwhile.
 */
final class SocketHandover {
  private final AtomicReference<Map.Entry<ServerSocketChannel, Object>> place;

  private SocketHandover(AtomicReference<Map.Entry<ServerSocketChannel, Object>> place) {
    this.place = place;
  }

  /** A place that nobody else knows. */
  static SocketHandover none() {
    return new SocketHandover(new AtomicReference<>());
  }

  /** The place for a socket in this framework, the same for every version of the server. */
  static SocketHandover of(BundleContext context, Path socket) {
    return new SocketHandover(FrameworkPlace.named(socket.toString(), context));
  }

  /**
   * Leaves a socket that listens.
   *
   * @return takes it back: whether nobody has taken it
   */
  BooleanSupplier leave(ServerSocketChannel channel) {
    Map.Entry<ServerSocketChannel, Object> left = Map.entry(channel, new Object());
    place.set(left);
    return () -> place.compareAndSet(left, null);
  }

  /** Takes the socket that was left, if it still listens. */
  Optional<ServerSocketChannel> take() {
    return Optional.ofNullable(place.getAndSet(null))
        .map(Map.Entry::getKey)
        .filter(ServerSocketChannel::isOpen);
  }
}
