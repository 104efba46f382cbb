// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.authsync;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;

/** What the relay in a guest is told: frames, written by many threads and read by one. */
final class RelayInput extends InputStream {
  /** The largest answer for each of the clients that a relay has. */
  private static final int MOST_BYTES = 4 * 1024 * 1024;

  private static final int MOST_FRAMES = 256;

  private final Deque<ByteBuffer> frames = new ArrayDeque<>();
  private int waiting;
  private boolean closed;

  /**
   * Tells something; waits while the guest does not take what was told before.
   *
   * @param payload empty for the end of the client
   * @throws IOException when nobody reads any more
   */
  synchronized void tell(int client, byte[] payload) throws IOException, InterruptedException {
    while ((waiting >= MOST_BYTES || frames.size() >= MOST_FRAMES) && !closed) {
      wait();
    }
    if (closed) {
      throw new IOException("the relay has ended");
    }
    ByteBuffer frame =
        ByteBuffer.allocate(2 * Integer.BYTES + payload.length)
            .putInt(client)
            .putInt(payload.length)
            .put(payload)
            .flip();
    frames.add(frame);
    waiting += frame.remaining();
    notifyAll();
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public synchronized int read(byte[] buffer, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    try {
      while (frames.isEmpty() && !closed) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException();
    }
    ByteBuffer frame = frames.peek();
    if (frame == null) {
      return -1;
    }
    int count = Math.min(length, frame.remaining());
    frame.get(buffer, offset, count);
    waiting -= count;
    if (!frame.hasRemaining()) {
      frames.remove();
    }
    notifyAll();
    return count;
  }

  @Override
  public synchronized void close() {
    closed = true;
    frames.clear();
    notifyAll();
  }
}
