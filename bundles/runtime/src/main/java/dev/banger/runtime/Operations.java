// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.operation.Operation;
import dev.banger.operation.Progress;
import dev.banger.operation.ProgressEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.osgi.service.component.annotations.Component;

/** The requests that are being served. */
@Component(service = Operations.class)
public final class Operations {
  private final Set<Running> running = new LinkedHashSet<>();

  /**
   * A request as it is listed.
   *
   * @param id its operation's id
   * @param method what was asked for
   * @param startedAt when it came
   * @param stage the stage that it reported last, or null
   * @param message what that stage does, or null
   * @param cancelled whether it was told to stop
   */
  record Summary(
      String id,
      String method,
      Instant startedAt,
      String stage,
      String message,
      boolean cancelled) {}

  /** A request that is being served; it hears its own progress. */
  final class Running implements Progress, AutoCloseable {
    private final String method;
    private final Instant startedAt = Instant.now();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile Operation operation;
    private volatile ProgressEvent last;

    private Running(String method) {
      this.method = method;
    }

    @Override
    public void report(ProgressEvent event) {
      last = event;
    }

    /** Lists the request, under the id of its operation, until it is closed. */
    void enter(Operation its) {
      operation = its;
      synchronized (running) {
        running.add(this);
      }
    }

    private Summary summary() {
      ProgressEvent event = last;
      return new Summary(
          operation.id(),
          method,
          startedAt,
          event == null ? null : event.stage(),
          event == null ? null : event.message(),
          operation.ended());
    }

    @Override
    public void close() {
      synchronized (running) {
        running.remove(this);
      }
      ended.countDown();
    }
  }

  /** A request that is about to be served. */
  Running prepare(String method) {
    return new Running(method);
  }

  /** What runs, oldest first. */
  List<Summary> list() {
    return snapshot().stream().map(Running::summary).toList();
  }

  /**
   * Cancels what runs under an id.
   *
   * @return whether anything does
   */
  boolean cancel(String id, String reason) {
    List<Running> matching = matching(id);
    matching.forEach(request -> request.operation.cancel(reason));
    return !matching.isEmpty();
  }

  /** Cancels all that runs. */
  void cancelAll(String reason) {
    snapshot().forEach(request -> request.operation.cancel(reason));
  }

  /** Waits until nothing runs under an id, but not for ever. */
  void awaitEnd(String id, Duration limit) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    for (Running request : matching(id)) {
      request.ended.await(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
    }
  }

  private List<Running> matching(String id) {
    return snapshot().stream().filter(request -> request.operation.id().equals(id)).toList();
  }

  private List<Running> snapshot() {
    synchronized (running) {
      return new ArrayList<>(running);
    }
  }
}
