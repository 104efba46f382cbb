// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.authsync;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The requests that one client in a guest makes, put together of the pieces in which they come. One
 * thread adds, another takes.
 */
final class AgentRequests {
  /** OpenSSH waits for each answer before it asks again. */
  private static final int MOST_WAITING = 64;

  private static final int MOST_WAITING_BYTES = Integer.BYTES + HostAgent.LARGEST_MESSAGE;

  private final Deque<AgentRequest> complete = new ArrayDeque<>();
  private final ByteBuffer length = ByteBuffer.allocate(Integer.BYTES);
  private ByteBuffer begun;
  private int waitingBytes;
  private boolean ended;

  /**
   * Adds a piece.
   *
   * @throws IOException when no honest client says this, or so much at once
   */
  synchronized void add(byte[] piece) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(piece);
    while (in.hasRemaining() && !ended) {
      if (begun == null) {
        Pieces.move(in, length);
        if (!length.hasRemaining()) {
          begun = begin(length.clear().getInt(0));
        }
      } else {
        Pieces.move(in, begun);
      }
      if (begun != null && !begun.hasRemaining()) {
        complete(new AgentRequest(begun.array()));
        begun = null;
      }
    }
  }

  private static ByteBuffer begin(int length) throws IOException {
    if (length <= 0 || length > HostAgent.LARGEST_MESSAGE) {
      throw new IOException("a guest asks the ssh agent with %d bytes".formatted(length));
    }
    return ByteBuffer.allocate(Integer.BYTES + length).putInt(length);
  }

  private void complete(AgentRequest request) throws IOException {
    if (complete.size() >= MOST_WAITING
        || waitingBytes + request.bytes().length > MOST_WAITING_BYTES) {
      throw new IOException("a guest asks the ssh agent faster than it answers");
    }
    complete.add(request);
    waitingBytes += request.bytes().length;
    notifyAll();
  }

  /** Nothing more comes. */
  synchronized void end() {
    ended = true;
    notifyAll();
  }

  /** Nothing more comes, and what waits is not wanted any more. */
  synchronized void abandon() {
    complete.clear();
    end();
  }

  /** The next request, when it has come; null at the end. */
  synchronized AgentRequest take() throws InterruptedException {
    while (complete.isEmpty() && !ended) {
      wait();
    }
    AgentRequest request = complete.poll();
    if (request != null) {
      waitingBytes -= request.bytes().length;
    }
    return request;
  }
}
