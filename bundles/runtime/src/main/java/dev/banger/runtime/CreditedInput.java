// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A client's standard input. Nothing is asked of the client before the first read, and never more
 * than a window's worth is held here.
 */
final class CreditedInput extends InputStream {
  /** What may be on its way or waiting to be read. */
  static final int WINDOW = 256 << 10;

  /** Sends a WINDOW frame. */
  @FunctionalInterface
  interface Grant {
    void bytes(int credit) throws IOException;
  }

  private final Grant grant;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<byte[]> chunks = new ArrayDeque<>();
  private int offset; // within the first chunk
  private int credit; // granted and not yet received
  private int held; // received and not yet read
  private boolean consumed;
  private boolean ended;
  private IOException failure;

  CreditedInput(Grant grant) {
    this.grant = grant;
  }

  /**
   * Takes what the client sent; empty means the end.
   *
   * @throws BangerException BAD_REQUEST when it is more than was granted
   */
  void receive(byte[] bytes) {
    lock.lock();
    try {
      if (bytes.length == 0) {
        ended = true;
      } else if (ended) {
        throw new BangerException(ErrorCode.BAD_REQUEST, "STDIN came after its end");
      } else {
        if (bytes.length > credit) {
          throw new BangerException(
              ErrorCode.BAD_REQUEST,
              bytes.length + " bytes of STDIN came, " + credit + " were granted by WINDOW");
        }
        credit -= bytes.length;
        held += bytes.length;
        chunks.addLast(bytes);
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Fails the reads that wait and those to come. */
  void fail(String why) {
    lock.lock();
    try {
      if (failure == null) {
        failure = new InterruptedIOException(why);
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int start, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    // Outside the lock: a client that does not read must not hold up the thread that reads from it.
    int more = creditToGrant();
    if (more > 0) {
      grant.bytes(more);
    }
    lock.lock();
    try {
      while (chunks.isEmpty()) {
        if (failure != null) {
          throw failure;
        }
        if (ended) {
          return -1;
        }
        changed.await();
      }
      return take(bytes, start, length);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    } finally {
      lock.unlock();
    }
  }

  /** Whether anything of it was read. */
  boolean consumed() {
    lock.lock();
    try {
      return consumed;
    } finally {
      lock.unlock();
    }
  }

  /** Grants in big steps, so that most chunks cost no frame. */
  private int creditToGrant() {
    lock.lock();
    try {
      int room = WINDOW - credit - held;
      if (ended || failure != null || room < WINDOW / 2) {
        return 0;
      }
      credit += room;
      return room;
    } finally {
      lock.unlock();
    }
  }

  private int take(byte[] bytes, int start, int length) {
    consumed = true;
    byte[] first = chunks.getFirst();
    int taken = Math.min(length, first.length - offset);
    System.arraycopy(first, offset, bytes, start, taken);
    offset += taken;
    held -= taken;
    if (offset == first.length) {
      chunks.removeFirst();
      offset = 0;
    }
    return taken;
  }

  @Override
  public int available() {
    lock.lock();
    try {
      return held;
    } finally {
      lock.unlock();
    }
  }
}
