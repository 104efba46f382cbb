// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.authsync;

import java.nio.ByteBuffer;

/** Bytes that come in pieces of any size. */
final class Pieces {
  private Pieces() {}

  /** Moves as much as one has and the other takes. */
  static void move(ByteBuffer from, ByteBuffer to) {
    int count = Math.min(from.remaining(), to.remaining());
    to.put(from.slice(from.position(), count));
    from.position(from.position() + count);
  }
}
