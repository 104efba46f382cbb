// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.operation;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;

/**
 * One request on its way through the services: its id, its cancellation, its deadline and where its
 * progress goes. Whatever can block takes one, calls {@link #check} between steps and registers
 * what ends a blocking call with {@link #onCancel}. Safe for use by many threads.
 */
public final class Operation {
  /** The form of an operation id; it is written into logs, file names and the protocol. */
  public static final Pattern ID = Pattern.compile("op-[0-9a-z]{1,32}");

  private static final SecureRandom RANDOM = new SecureRandom();

  private final String id;
  private final Progress progress;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Runnable> cancelActions = new ArrayDeque<>();
  private final long deadlineNanos;

  /** What this one is cancelled with; null at the root. */
  private final Operation parent;

  /**
   * Known to the parent only while something here waits to hear of a cancellation: a parent that
   * lives as long as a service does not keep the operations that are over. Locks are taken from the
   * child to the parent.
   */
  private final Runnable followParent = this::followParent;

  private boolean following;
  private Cancellation cancellation;

  private record Cancellation(ErrorCode code, String reason) {}

  private Operation(String id, Progress progress, long deadlineNanos, Operation parent) {
    this.id = id;
    this.progress = progress;
    this.deadlineNanos = deadlineNanos;
    this.parent = parent;
  }

  /**
   * A new operation without a deadline.
   *
   * @param id its id, of the form {@link #ID}
   * @param progress where its progress goes
   * @throws BangerException BAD_REQUEST when the id has another form
   */
  public static Operation of(String id, Progress progress) {
    if (!ID.matcher(Objects.requireNonNull(id)).matches()) {
      throw new BangerException(ErrorCode.BAD_REQUEST, "op_id must be 'op-' and 1 to 32 of 0-9a-z");
    }
    return new Operation(id, Objects.requireNonNull(progress), Long.MAX_VALUE, null);
  }

  /** A new operation with a freshly minted id. */
  public static Operation start(Progress progress) {
    return of(newId(), progress);
  }

  /**
   * A new operation that nobody watches: for work that the daemon does on its own account, and for
   * clean-up that must not be cancelled.
   */
  public static Operation background() {
    return start(Progress.NONE);
  }

  /** A new id: {@code op-} and ten characters of 0-9a-f. */
  public static String newId() {
    return "op-" + String.format("%010x", RANDOM.nextLong() & 0xff_ffff_ffffL);
  }

  /** The id that stands on every log record and error of this operation. */
  public String id() {
    return id;
  }

  /** Where the operation's progress goes. */
  public Progress progress() {
    return progress;
  }

  /**
   * An operation with the same id and progress that ends by itself: it is cancelled with this one,
   * and {@link #check} fails with DEADLINE_EXCEEDED once the time is up.
   *
   * @param limit the time from now; positive
   */
  public Operation within(Duration limit) {
    long end = System.nanoTime() + limit.toNanos();
    boolean sooner = deadlineNanos == Long.MAX_VALUE || end - deadlineNanos < 0;
    return new Operation(id, progress, sooner ? end : deadlineNanos, this);
  }

  /**
   * An operation with the same id and deadline, cancelled with this one, whose progress goes
   * elsewhere.
   */
  public Operation reportingTo(Progress elsewhere) {
    return new Operation(id, Objects.requireNonNull(elsewhere), deadlineNanos, this);
  }

  /** The time left until the deadline, never negative; empty without a deadline. */
  public Optional<Duration> remaining() {
    if (deadlineNanos == Long.MAX_VALUE) {
      return Optional.empty();
    }
    return Optional.of(Duration.ofNanos(Math.max(0, deadlineNanos - System.nanoTime())));
  }

  /** Whether {@link #cancel} was called or the deadline has passed. */
  public boolean ended() {
    return cancellation() != null || expired();
  }

  /**
   * Returns while the operation may go on.
   *
   * @throws BangerException CANCELLED, UPDATING after {@link #giveBack}, or DEADLINE_EXCEEDED
   */
  public void check() {
    Cancellation cancelled = cancellation();
    if (cancelled != null) {
      throw new BangerException(cancelled.code(), cancelled.reason());
    }
    if (expired()) {
      throw new BangerException(
          ErrorCode.DEADLINE_EXCEEDED, "the operation took longer than it was given");
    }
  }

  /**
   * Cancels the operation: every registered action runs once, in the calling thread, newest first.
   * Later calls do nothing.
   *
   * @param reason why, in words for the person
   */
  public void cancel(String reason) {
    cancel(new Cancellation(ErrorCode.CANCELLED, Objects.requireNonNull(reason)));
  }

  /**
   * Cancels the operation because the service that carries it out leaves: it undoes what it has
   * begun, and {@link #check} fails with UPDATING, so that who asked asks its successor.
   *
   * @param reason why, in words for the person
   */
  public void giveBack(String reason) {
    cancel(new Cancellation(ErrorCode.UPDATING, Objects.requireNonNull(reason)));
  }

  private void cancel(Cancellation asked) {
    Deque<Runnable> actions;
    lock.lock();
    try {
      if (cancellation != null) {
        return;
      }
      Cancellation earlier = cancellation();
      cancellation = earlier == null ? asked : earlier;
      unfollow();
      actions = new ArrayDeque<>(cancelActions);
      cancelActions.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    for (Runnable action : actions) {
      try {
        action.run();
      } catch (RuntimeException e) {
        // One action that fails must not keep the others from running; it has no caller to tell.
        System.getLogger(Operation.class.getName())
            .log(System.Logger.Level.WARNING, "a cancel action of " + id + " failed", e);
      }
    }
  }

  /**
   * Registers what ends a blocking call: it runs once when the operation is cancelled, at once when
   * it already is. It must be quick and idempotent. A deadline alone does not run it: a blocking
   * call bounds itself by {@link #remaining}.
   *
   * @return closes the registration
   */
  public Registration onCancel(Runnable action) {
    Objects.requireNonNull(action);
    if (register(action)) {
      return () -> remove(action);
    }
    action.run();
    return () -> {};
  }

  /** Whether the action waits now; not when the operation is cancelled already. */
  private boolean register(Runnable action) {
    lock.lock();
    try {
      if (cancellation != null || (!following && parent != null && !follow())) {
        return false;
      }
      cancelActions.addFirst(action);
      return true;
    } finally {
      lock.unlock();
    }
  }

  private boolean follow() {
    following = parent.register(followParent);
    return following;
  }

  private void unfollow() {
    if (following) {
      parent.remove(followParent);
      following = false;
    }
  }

  private void followParent() {
    cancel(parent.cancellation());
  }

  /**
   * Waits until a condition holds, asking again after each pause.
   *
   * @param condition asked in the calling thread
   * @param pause the time between two questions
   * @throws BangerException CANCELLED or DEADLINE_EXCEEDED, at once when the operation ends
   */
  public void await(BooleanSupplier condition, Duration pause) {
    check();
    while (!condition.getAsBoolean()) {
      pause(pause);
      check();
    }
  }

  /**
   * Waits for a time, or less when the operation ends meanwhile.
   *
   * @throws BangerException CANCELLED when the thread is interrupted
   */
  public void pause(Duration time) {
    long nanos =
        Math.min(time.toNanos(), remaining().map(Duration::toNanos).orElse(Long.MAX_VALUE));
    // Only who has registered something hears of the parent's cancellation.
    try (Registration heard = onCancel(() -> {})) {
      lock.lock();
      try {
        while (cancellation() == null && nanos > 0) {
          nanos = changed.awaitNanos(nanos);
        }
      } finally {
        lock.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BangerException(ErrorCode.CANCELLED, "interrupted", e);
    }
  }

  private boolean expired() {
    return deadlineNanos != Long.MAX_VALUE && System.nanoTime() - deadlineNanos >= 0;
  }

  /** How it was cancelled; null while it was not. */
  private Cancellation cancellation() {
    lock.lock();
    try {
      return cancellation != null || parent == null ? cancellation : parent.cancellation();
    } finally {
      lock.unlock();
    }
  }

  private void remove(Runnable action) {
    lock.lock();
    try {
      cancelActions.remove(action);
      if (cancelActions.isEmpty()) {
        unfollow();
      }
    } finally {
      lock.unlock();
    }
  }

  /** What {@link #onCancel} gives back. */
  @FunctionalInterface
  public interface Registration extends AutoCloseable {
    @Override
    void close();
  }

  @Override
  public String toString() {
    return id;
  }
}
