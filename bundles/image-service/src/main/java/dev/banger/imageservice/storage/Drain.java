// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.storage;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Knows what a service is doing, so that its end can cancel it and wait until all has cleared. Safe
 * for any number of threads.
 */
public final class Drain {
  private static final String STOPPING = "the image service is stopping; give the command again";

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition left = lock.newCondition();
  private final Set<Operation> running = new HashSet<>();
  private boolean closed;

  /**
   * Begins a piece of work.
   *
   * @throws BangerException UPDATING when the service is stopping
   */
  public Work enter(Operation caller) {
    Operation own = caller.reportingTo(caller.progress());
    lock.lock();
    try {
      if (closed) {
        throw new BangerException(ErrorCode.UPDATING, STOPPING);
      }
      running.add(own);
    } finally {
      lock.unlock();
    }
    return new Work(own);
  }

  /**
   * Refuses new work, waits for the end of what runs, then cancels it and waits again.
   *
   * @param willing how long what runs may go on
   * @param limit how long it is waited for once it is cancelled
   * @return whether all has ended by then
   */
  public boolean close(Duration willing, Duration limit) {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
    if (awaitEmpty(willing.toNanos())) {
      return true;
    }
    Set<Operation> cancelled;
    lock.lock();
    try {
      cancelled = Set.copyOf(running);
    } finally {
      lock.unlock();
    }
    cancelled.forEach(operation -> operation.giveBack(STOPPING));
    return awaitEmpty(limit.toNanos());
  }

  private boolean awaitEmpty(long limit) {
    lock.lock();
    try {
      long nanos = limit;
      while (!running.isEmpty() && nanos > 0) {
        nanos = left.awaitNanos(nanos);
      }
      return running.isEmpty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** A piece of work in progress. */
  public final class Work implements AutoCloseable {
    private final Operation operation;

    private Work(Operation operation) {
      this.operation = operation;
    }

    /** The caller's operation, which ends with the service, too. */
    public Operation operation() {
      return operation;
    }

    /** Ends it. */
    @Override
    public void close() {
      lock.lock();
      try {
        running.remove(operation);
        left.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }
}
