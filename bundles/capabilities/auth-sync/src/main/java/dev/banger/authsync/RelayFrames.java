// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.authsync;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** What the relay in a guest says: frames, in whatever pieces they come. */
final class RelayFrames extends OutputStream {
  /** More than a relay puts into one frame (docs/guest-agent.md). */
  static final int LARGEST_PAYLOAD = 64 * 1024;

  /** Whoever is told of each frame. */
  @FunctionalInterface
  interface Listener {
    /**
     * @param client 0 for the relay itself
     * @param payload empty at the end of the client
     */
    void said(int client, byte[] payload) throws IOException;
  }

  private final Listener listener;
  private final ByteBuffer header = ByteBuffer.allocate(2 * Integer.BYTES);
  private ByteBuffer payload;

  RelayFrames(Listener listener) {
    this.listener = listener;
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(bytes, offset, length);
    while (in.hasRemaining()) {
      Pieces.move(in, payload == null ? header : payload);
      if (payload == null && !header.hasRemaining()) {
        payload = ByteBuffer.allocate(size());
      }
      if (payload != null && !payload.hasRemaining()) {
        ByteBuffer complete = payload;
        payload = null;
        listener.said(header.clear().getInt(0), complete.array());
      }
    }
  }

  private int size() throws IOException {
    int size = header.getInt(Integer.BYTES);
    if (size < 0 || size > LARGEST_PAYLOAD) {
      throw new IOException("the guest says %d bytes at once".formatted(size));
    }
    return size;
  }
}
