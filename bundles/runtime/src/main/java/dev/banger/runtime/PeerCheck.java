// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import java.io.IOException;
import java.nio.channels.SocketChannel;

/** Decides who may use the socket. */
@FunctionalInterface
interface PeerCheck {
  /** Whether the other end of a connection may be served. */
  boolean mayEnter(SocketChannel channel) throws IOException;
}
