// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/** The operations under way, so that a service that leaves can finish or cancel them. */
final class InFlight {
  private final Set<Work> works = new HashSet<>();
  private boolean closed;

  /**
   * Enters an operation.
   *
   * @throws BangerException UPDATING once the service is leaving
   */
  synchronized Work enter(Operation operation) {
    if (closed) {
      throw leaving();
    }
    operation.check();
    Work work = new Work(operation.reportingTo(operation.progress()));
    works.add(work);
    return work;
  }

  /** What is refused because the service leaves. */
  static BangerException leaving() {
    return new BangerException(
        ErrorCode.UPDATING, "the machine service is being updated or stopped: try again");
  }

  /** Whether the service leaves. */
  synchronized boolean isClosed() {
    return closed;
  }

  /**
   * Refuses new operations and waits for those under way: first for their end, then, cancelled, for
   * their rollback.
   *
   * @param willing how long they may go on
   * @param whole bounds all of it
   * @return whether none is left
   */
  boolean drain(Duration willing, Operation whole) {
    synchronized (this) {
      closed = true;
    }
    if (awaitEmpty(whole.within(willing))) {
      return true;
    }
    List<Work> left;
    synchronized (this) {
      left = List.copyOf(works);
    }
    left.forEach(work -> work.giveBack("the machine service is being updated or stopped"));
    return awaitEmpty(whole);
  }

  /** The machines whose locks operations under way hold, by their ids. */
  synchronized Set<String> held() {
    return works.stream()
        .map(work -> work.machine)
        .filter(Objects::nonNull)
        .collect(Collectors.toSet());
  }

  /** Whether an operation under way holds the lock of a machine. */
  synchronized boolean holds(String vmId) {
    return works.stream().anyMatch(work -> vmId.equals(work.machine));
  }

  /**
   * Lets whoever holds the lock of a machine wait for its guest no longer.
   *
   * @return whether anybody holds it
   */
  boolean hurry(String vmId) {
    List<Work> holding;
    synchronized (this) {
      holding = works.stream().filter(work -> vmId.equals(work.machine)).toList();
    }
    holding.forEach(work -> work.patience.cancel("the machine is to be ended at once"));
    return !holding.isEmpty();
  }

  private synchronized boolean awaitEmpty(Operation bounded) {
    try {
      while (!works.isEmpty()) {
        if (bounded.ended()) {
          return false;
        }
        wait(bounded.remaining().orElseThrow().toMillis() + 1);
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
    private final Operation committed;
    private final Operation patience;
    private String machine; // guarded by the set it is in

    private Work(Operation operation) {
      this.operation = operation;
      this.committed = Operation.of(operation.id(), operation.progress());
      this.patience = committed.reportingTo(operation.progress());
    }

    /** The operation, which its caller and this service may cancel. */
    Operation operation() {
      return operation;
    }

    /** The operation past the point of no return: only this service, when it leaves, cancels it. */
    Operation committed() {
      return committed;
    }

    /** Bounds waiting for a guest: cancelled with {@link #committed}, or for who cannot wait. */
    Operation patience() {
      return patience;
    }

    /** The operation has the lock of a machine from here to its end. */
    void holding(String vmId) {
      synchronized (InFlight.this) {
        machine = vmId;
      }
    }

    private void giveBack(String reason) {
      operation.giveBack(reason);
      committed.giveBack(reason);
    }

    @Override
    public void close() {
      leave(this);
    }
  }
}
