// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The operations under way, so that a service that leaves can finish or cancel them. */
final class InFlight {
  private final Set<Work> works = new HashSet<>();
  private boolean closed;

  /**
   * Enters an operation.
   *
   * @throws BangerException UNAVAILABLE once the service is leaving
   */
  synchronized Work enter(Operation operation) {
    if (closed) {
      throw new BangerException(
          ErrorCode.UNAVAILABLE, "the machine service is being updated or stopped: try again");
    }
    operation.check();
    Work work = new Work(operation.reportingTo(operation.progress()));
    works.add(work);
    return work;
  }

  /**
   * Refuses new operations and waits for those under way: first for their end, then, cancelled, for
   * their rollback.
   *
   * @return whether none is left
   */
  boolean drain(Duration willing, Duration cancelled) {
    synchronized (this) {
      closed = true;
    }
    if (awaitEmpty(willing)) {
      return true;
    }
    List<Work> left;
    synchronized (this) {
      left = List.copyOf(works);
    }
    left.forEach(work -> work.operation.cancel("the machine service is being updated or stopped"));
    return awaitEmpty(cancelled);
  }

  private synchronized boolean awaitEmpty(Duration limit) {
    long end = System.nanoTime() + limit.toNanos();
    try {
      while (!works.isEmpty()) {
        long left = (end - System.nanoTime()) / 1_000_000;
        if (left <= 0) {
          return false;
        }
        wait(left);
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private synchronized void leave(Work work) {
    works.remove(work);
    notifyAll();
  }

  /** One operation under way. */
  final class Work implements AutoCloseable {
    private final Operation operation;

    private Work(Operation operation) {
      this.operation = operation;
    }

    /** The operation, which this service may cancel. */
    Operation operation() {
      return operation;
    }

    @Override
    public void close() {
      leave(this);
    }
  }
}
