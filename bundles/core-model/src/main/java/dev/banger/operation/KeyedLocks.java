// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.operation;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One lock a key, such as a VM's id or an image's name. Waiting is cancellable, different keys
 * never wait for each other, and a key that nobody holds or waits for takes no memory. Not
 * reentrant: a thread that acquires a key it holds waits for itself. Safe for use by many threads.
 */
public final class KeyedLocks {
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Entry> entries = new HashMap<>();

  /**
   * Waits for the lock of a key, in the order of coming.
   *
   * @return holds the lock until it is closed, by any thread; closing twice does nothing
   * @throws BangerException CANCELLED or DEADLINE_EXCEEDED when the operation ends first
   */
  public Held acquire(String key, Operation operation) {
    lock.lock();
    try {
      operation.check();
      Entry entry = entries.computeIfAbsent(key, k -> new Entry());
      if (entry.held) {
        awaitTurn(key, entry, operation);
      }
      entry.held = true;
      AtomicBoolean closed = new AtomicBoolean();
      return () -> {
        if (closed.compareAndSet(false, true)) {
          release(key, entry);
        }
      };
    } finally {
      lock.unlock();
    }
  }

  /** How many keys are held or waited for. */
  public int size() {
    lock.lock();
    try {
      return entries.size();
    } finally {
      lock.unlock();
    }
  }

  private void awaitTurn(String key, Entry entry, Operation operation) {
    Condition turn = lock.newCondition();
    entry.waiters.addLast(turn);
    try (Operation.Registration wakeUp = operation.onCancel(() -> wake(turn))) {
      while (entry.next != turn) {
        operation.check();
        await(turn, operation);
      }
      operation.check();
      entry.next = null;
    } catch (RuntimeException e) {
      entry.waiters.remove(turn);
      if (entry.next == turn) {
        passOn(key, entry);
      }
      throw e;
    }
  }

  private static void await(Condition turn, Operation operation) {
    try {
      if (operation.remaining().isPresent()) {
        turn.await(operation.remaining().get().toMillis() + 1, TimeUnit.MILLISECONDS);
      } else {
        turn.await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BangerException(ErrorCode.CANCELLED, "interrupted", e);
    }
  }

  private void wake(Condition turn) {
    lock.lock();
    try {
      turn.signal();
    } finally {
      lock.unlock();
    }
  }

  private void release(String key, Entry entry) {
    lock.lock();
    try {
      passOn(key, entry);
    } finally {
      lock.unlock();
    }
  }

  /** Hands the lock to who came first; it stays held meanwhile, so that nobody overtakes. */
  private void passOn(String key, Entry entry) {
    entry.next = entry.waiters.pollFirst();
    if (entry.next == null) {
      entry.held = false;
      entries.remove(key);
    } else {
      entry.next.signal();
    }
  }

  /** How many threads wait for a key. */
  int waiters(String key) {
    lock.lock();
    try {
      Entry entry = entries.get(key);
      return entry == null ? 0 : entry.waiters.size();
    } finally {
      lock.unlock();
    }
  }

  /** A lock that is held until closed. */
  @FunctionalInterface
  public interface Held extends AutoCloseable {
    @Override
    void close();
  }

  private static final class Entry {
    final Deque<Condition> waiters = new ArrayDeque<>();
    boolean held;
    Condition next; // whom the lock was handed to and who has not woken yet
  }
}
