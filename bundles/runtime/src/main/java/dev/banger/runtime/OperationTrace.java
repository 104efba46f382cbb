// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.operation.OperationStatus;
import dev.banger.operation.OperationStatus.Failure;
import dev.banger.operation.OperationStatus.Stage;
import dev.banger.operation.OperationStatus.State;
import dev.banger.operation.Progress;
import dev.banger.operation.ProgressEvent;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/** What an operation reported, and how it ended. Safe for use by many threads. */
final class OperationTrace implements Trace, Progress {
  /** Far more than any operation has; a bound on what a loop could report. */
  static final int STAGE_LIMIT = 100;

  private final String method;
  private final InstantSource clock;
  private final Instant startedAt;
  private final Deque<Stage> stages = new ArrayDeque<>();
  private long entered;
  private long reports;
  private ProgressEvent last;
  private State state = State.RUNNING;
  private boolean closed;
  private Instant endedAt;
  private KeptResult result;
  private boolean resultDropped;
  private Failure error;

  OperationTrace(String method, InstantSource clock) {
    this.method = method;
    this.clock = clock;
    this.startedAt = now();
  }

  @Override
  public synchronized void report(ProgressEvent event) {
    if (state != State.RUNNING) {
      return;
    }
    if (last == null || !last.stage().equals(event.stage())) {
      if (stages.size() == STAGE_LIMIT) {
        stages.removeFirst();
      }
      stages.addLast(new Stage(event.stage(), event.message(), now()));
      entered++;
    }
    last = event;
    reports++;
    notifyAll();
  }

  /**
   * The operation has done what it was asked for.
   *
   * @param kept what it came to; null when that was too large to be kept
   */
  synchronized void done(KeptResult kept) {
    result = kept;
    resultDropped = kept == null;
    end(State.DONE);
  }

  /** The operation ended without having done what it was asked for. */
  synchronized void failed(boolean cancelled, Failure why) {
    error = why;
    end(cancelled ? State.CANCELLED : State.FAILED);
  }

  private void end(State end) {
    state = end;
    endedAt = now();
    close();
  }

  @Override
  public synchronized void close() {
    closed = true;
    notifyAll();
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }

  @Override
  public synchronized boolean endedBefore(Instant time) {
    return endedAt != null && endedAt.isBefore(time);
  }

  @Override
  public void await(Operation watching) {
    try (Operation.Registration registration = watching.onCancel(this::wake)) {
      News news = News.NONE;
      do {
        news = after(news, watching);
        news.events().forEach(watching.progress()::report);
      } while (!news.closed());
    }
  }

  private synchronized void wake() {
    notifyAll();
  }

  /**
   * What a watcher learns at once.
   *
   * @param reports how many there were, those before included
   * @param entered how many stages there were, those before included
   * @param closed whether there will be no more
   */
  private record News(List<ProgressEvent> events, long reports, long entered, boolean closed) {
    static final News NONE = new News(List.of(), 0, 0, false);
  }

  private synchronized News after(News known, Operation watching) {
    watching.check();
    while (!closed && reports == known.reports()) {
      pause(watching.remaining());
      watching.check();
    }
    List<ProgressEvent> events = new ArrayList<>();
    stages.stream()
        .skip(Math.max(0, stages.size() - (entered - known.entered())))
        .map(stage -> new ProgressEvent(stage.name(), stage.message(), -1, -1))
        .forEach(events::add);
    if (reports > known.reports() && !endsWith(events, last)) {
      events.add(last);
    }
    return new News(events, reports, entered, closed);
  }

  private static boolean endsWith(List<ProgressEvent> events, ProgressEvent event) {
    return !events.isEmpty() && events.get(events.size() - 1).equals(event);
  }

  private void pause(Optional<Duration> limit) {
    try {
      wait(limit.map(left -> left.toMillis() + 1).orElse(0L)); // 0: until it is woken
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BangerException(ErrorCode.CANCELLED, "interrupted", e);
    }
  }

  @Override
  public synchronized OperationStatus status(String id) {
    return new OperationStatus(
        id,
        method,
        state,
        startedAt,
        endedAt,
        last == null ? null : last.stage(),
        last == null ? null : last.message(),
        List.copyOf(stages),
        result == null ? null : result.value(),
        resultDropped,
        error);
  }
}
