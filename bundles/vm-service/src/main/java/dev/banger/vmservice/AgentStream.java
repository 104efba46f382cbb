// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.wire.Frame;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One conversation on an agent's connection. What the guest may send is bounded by the credit it
 * was granted, so a consumer that is slow holds up nobody and fills no memory.
 */
final class AgentStream implements AutoCloseable {
  /** Output that a guest may have under way on one stream. */
  static final int WINDOW = 256 * 1024;

  /** More credit than this is never used up between two grants. */
  private static final long LARGEST_INPUT_CREDIT = 1L << 31;

  private final AgentConnection connection;
  private final int id;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Frame> frames = new ArrayDeque<>();
  private long outputCredit;
  private long inputCredit;
  private boolean inputEnded;
  private boolean ended;
  private BangerException failure;

  AgentStream(AgentConnection connection, int id) {
    this.connection = connection;
    this.id = id;
  }

  int id() {
    return id;
  }

  void send(int type, byte[] payload, Operation operation) {
    connection.send(id, type, payload, operation);
  }

  /** Lets the guest send so many more bytes of output. */
  void grant(int bytes, Operation operation) {
    lock.lock();
    try {
      outputCredit += bytes;
    } finally {
      lock.unlock();
    }
    send(AgentProtocol.WINDOW, number(bytes), operation);
  }

  /**
   * The next frame; after EXIT, REPLY or ERROR there is none.
   *
   * @throws BangerException when the operation ends or the connection breaks
   */
  Frame next(Operation operation) {
    try (Operation.Registration wakeUp = operation.onCancel(this::wake)) {
      lock.lock();
      try {
        while (frames.isEmpty()) {
          if (failure != null) {
            throw AgentConnection.again(failure);
          }
          operation.check();
          pause(operation);
        }
        return frames.remove();
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * Waits until the guest wants input.
   *
   * @return how many bytes, at most the limit; 0 when it will not want any more
   */
  int awaitInputCredit(int limit, Operation operation) {
    try (Operation.Registration wakeUp = operation.onCancel(this::wake)) {
      lock.lock();
      try {
        while (inputCredit == 0 && !inputEnded && !ended && failure == null) {
          operation.check();
          pause(operation);
        }
        return inputEnded || ended || failure != null ? 0 : (int) Math.min(limit, inputCredit);
      } finally {
        lock.unlock();
      }
    }
  }

  /** Sends input for which there is credit. */
  void sendInput(byte[] bytes, Operation operation) {
    lock.lock();
    try {
      inputCredit -= bytes.length;
    } finally {
      lock.unlock();
    }
    send(AgentProtocol.STDIN, bytes, operation);
  }

  /** No more input will be sent. */
  void endInput() {
    lock.lock();
    try {
      inputEnded = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes a frame from the guest, or why none comes any more; called by the connection's reader,
   * never waits.
   *
   * @throws BangerException when the guest sends what it may not
   */
  void take(Frame frame, BangerException cause) {
    if (cause == null) {
      accept(frame);
    } else {
      fail(cause);
    }
  }

  private void accept(Frame frame) {
    lock.lock();
    try {
      if (ended) {
        throw violation("a frame after the end of its stream");
      }
      switch (frame.type()) {
        case AgentProtocol.STDOUT, AgentProtocol.STDERR -> {
          outputCredit -= frame.payload().length;
          if (outputCredit < 0) {
            throw violation("more output than was granted");
          }
          if (frame.payload().length > 0) {
            frames.add(frame);
          }
        }
        case AgentProtocol.WINDOW -> {
          if (frame.payload().length != Integer.BYTES) {
            throw violation("a WINDOW of another size than 4 bytes");
          }
          long more = Integer.toUnsignedLong(ByteBuffer.wrap(frame.payload()).getInt());
          inputCredit = Math.min(LARGEST_INPUT_CREDIT, inputCredit + more);
        }
        case AgentProtocol.EXIT, AgentProtocol.REPLY, AgentProtocol.ERROR -> {
          ended = true;
          frames.add(frame);
        }
        default -> {
          return; // of a later version
        }
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Ends the stream because its connection broke. */
  private void fail(BangerException cause) {
    lock.lock();
    try {
      if (!ended && failure == null) {
        failure = cause;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean isEnded() {
    lock.lock();
    try {
      return ended || failure != null;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    endInput();
    connection.release(this);
  }

  static byte[] number(int value) {
    return ByteBuffer.allocate(Integer.BYTES).putInt(value).array();
  }

  private void wake() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void pause(Operation operation) {
    try {
      long nanos = operation.remaining().map(left -> left.toNanos() + 1).orElse(Long.MAX_VALUE);
      changed.await(nanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BangerException(ErrorCode.CANCELLED, "interrupted", e);
    }
  }

  private static BangerException violation(String what) {
    return new BangerException(
        ErrorCode.OPERATION_FAILED, "the guest's agent broke the protocol: " + what);
  }
}
