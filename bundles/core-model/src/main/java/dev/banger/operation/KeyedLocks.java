// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.operation;

import dev.banger.error.BangerException;
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
   * Waits for the lock of a key.
   *
   * @return holds the lock until it is closed, by any thread; closing twice does nothing
   * @throws BangerException CANCELLED or DEADLINE_EXCEEDED when the operation ends first
   */
  public Held acquire(String key, Operation operation) {
    try (Operation.Registration wakeUp = operation.onCancel(this::wakeAll)) {
      lock.lock();
      try {
        Entry entry = entries.computeIfAbsent(key, k -> new Entry(lock.newCondition()));
        entry.users++;
        boolean acquired = false;
        try {
          while (entry.held) {
            operation.check();
            awaitRelease(entry, operation);
          }
          operation.check();
          entry.held = true;
          acquired = true;
        } finally {
          if (!acquired) {
            leave(key, entry);
          }
        }
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

  private static void awaitRelease(Entry entry, Operation operation) {
    try {
      if (operation.remaining().isPresent()) {
        entry.released.await(operation.remaining().get().toMillis() + 1, TimeUnit.MILLISECONDS);
      } else {
        entry.released.await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      operation.cancel("interrupted");
    }
  }

  private void release(String key, Entry entry) {
    lock.lock();
    try {
      entry.held = false;
      entry.released.signal();
      leave(key, entry);
    } finally {
      lock.unlock();
    }
  }

  private void leave(String key, Entry entry) {
    if (--entry.users == 0) {
      entries.remove(key);
    } else if (!entry.held) {
      // The one that leaves may have been the one that was signalled.
      entry.released.signal();
    }
  }

  private void wakeAll() {
    lock.lock();
    try {
      entries.values().forEach(entry -> entry.released.signalAll());
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
    final Condition released;
    int users;
    boolean held;

    Entry(Condition released) {
      this.released = released;
    }
  }
}
