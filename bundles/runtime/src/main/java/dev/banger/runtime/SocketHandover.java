// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Hashtable;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;

/**
 * Where the listening socket is left by a server that goes, for the one that comes: clients wait in
 * its queue meanwhile. The place is a service of the framework itself, since those of a bundle end
 * with it, and made of classes that every version of this bundle has in common.
 */
final class SocketHandover {
  private static final String SOCKET = "banger.socket";

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
    BundleContext framework = context.getBundle(0).getBundleContext();
    return new SocketHandover(
        find(framework, socket.toString()).orElseGet(() -> register(framework, socket.toString())));
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static Optional<AtomicReference<Map.Entry<ServerSocketChannel, Object>>> find(
      BundleContext framework, String socket) {
    try {
      Collection<ServiceReference<AtomicReference>> places =
          framework.getServiceReferences(AtomicReference.class, "(" + SOCKET + "=*)");
      return places.stream()
          .filter(each -> socket.equals(each.getProperty(SOCKET)))
          .findFirst()
          .map(each -> framework.getService(each));
    } catch (InvalidSyntaxException e) {
      throw new IllegalStateException(e); // a constant
    }
  }

  private static AtomicReference<Map.Entry<ServerSocketChannel, Object>> register(
      BundleContext framework, String socket) {
    AtomicReference<Map.Entry<ServerSocketChannel, Object>> place = new AtomicReference<>();
    framework.registerService(
        AtomicReference.class, place, new Hashtable<>(Map.of(SOCKET, socket)));
    return place;
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
