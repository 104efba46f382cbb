// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.operation.OperationStatus;
import dev.banger.operation.OperationSummary;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;

/**
 * The requests that are being served, and those that ended lately and whose callers had not waited
 * for them; also those of the version of this bundle before.
 */
@Component(service = Operations.class)
public final class Operations {
  /** So many ended ones are kept. */
  static final int KEPT = 100;

  /** For so long they are kept. */
  static final Duration KEPT_FOR = Duration.ofHours(1);

  /** So many that nobody waits for may run at a time: each takes a thread. */
  static final int BACKGROUND_LIMIT = 64;

  private final InstantSource clock;
  private final OperationHandover handover;

  // Both are guarded by running.
  private final Set<Running> running = new LinkedHashSet<>();
  private final Deque<Running> ended = new ArrayDeque<>();

  @Activate
  public Operations(BundleContext context) {
    this(InstantSource.system(), OperationHandover.of(context));
  }

  /** Without predecessor and successor. */
  Operations() {
    this(InstantSource.system(), OperationHandover.none());
  }

  Operations(InstantSource clock, OperationHandover handover) {
    this.clock = clock;
    this.handover = handover;
    handover.take().forEach(this::inherit);
  }

  private void inherit(OperationHandover.Left left) {
    Running request =
        new Running(
            left.operation(), new InheritedTrace(left.status(), left.end()), left.background());
    synchronized (running) {
      running.add(request);
    }
    // At once for one that has ended already.
    left.end().thenRun(request::close);
  }

  /** Leaves all that is known to the next version. */
  @Deactivate
  void leave() {
    handover.leave(known().stream().map(Running::left).toList());
  }

  /** A request that is being served, until it is closed. */
  final class Running implements AutoCloseable {
    private volatile Operation operation;

    private final Trace trace;
    private final boolean background;
    private final CompletableFuture<Void> closed = new CompletableFuture<>();

    private Running(Operation operation, Trace trace, boolean background) {
      this.operation = operation;
      this.trace = trace;
      this.background = background;
    }

    Operation operation() {
      return operation;
    }

    private boolean is(String id) {
      return operation.id().equals(id);
    }

    private OperationStatus status() {
      return trace.status(operation.id());
    }

    private OperationSummary summary() {
      OperationStatus status = status();
      return new OperationSummary(
          status.id(),
          status.method(),
          status.state(),
          background,
          status.startedAt(),
          status.endedAt(),
          status.stage(),
          status.message(),
          operation.ended());
    }

    private OperationHandover.Left left() {
      return new OperationHandover.Left(
          operation, background, this::status, closed.thenApply(nothing -> status()));
    }

    /** Forgets a request that never began. */
    void withdraw() {
      synchronized (running) {
        running.remove(this);
      }
      closed();
    }

    @Override
    public void close() {
      synchronized (running) {
        running.remove(this);
        if (background) {
          ended.addLast(this);
          forgetOld();
        }
      }
      closed();
      operation = spent(operation);
    }

    /** Without its progress, which belongs to the version of this bundle that served it. */
    private static Operation spent(Operation ended) {
      Operation spent = Operation.of(ended.id(), event -> {});
      if (ended.ended()) {
        spent.cancel("it was cancelled");
      }
      return spent;
    }

    private void closed() {
      trace.close();
      closed.complete(null);
    }
  }

  /** A trace for a request that is about to be served. */
  OperationTrace trace(String method) {
    return new OperationTrace(method, clock);
  }

  /** Lists a request whose caller waits for it. */
  Running enter(Operation operation, OperationTrace trace) {
    Running request = new Running(operation, trace, false);
    synchronized (running) {
      running.add(request);
    }
    return request;
  }

  /**
   * Lists a request whose caller does not wait for it; once closed it is kept for a while.
   *
   * @throws BangerException ALREADY_EXISTS when another one has or had that id, UNAVAILABLE when
   *     too many run
   */
  Running enterBackground(Operation operation, OperationTrace trace) {
    Running request = new Running(operation, trace, true);
    synchronized (running) {
      forgetOld();
      if (Stream.concat(running.stream(), ended.stream())
          .anyMatch(each -> each.background && each.is(operation.id()))) {
        throw new BangerException(
            ErrorCode.ALREADY_EXISTS,
            "operation " + operation.id() + " was begun already; give the new one another op_id");
      }
      if (running.stream().filter(each -> each.background).count() >= BACKGROUND_LIMIT) {
        throw new BangerException(
            ErrorCode.UNAVAILABLE,
            BACKGROUND_LIMIT + " operations run in the background already; try again later");
      }
      running.add(request);
    }
    return request;
  }

  /** What has ended, then what runs; both oldest first. */
  List<OperationSummary> list() {
    return known().stream().map(Running::summary).toList();
  }

  /**
   * What is known of an operation; of several under one id, the one that nobody waits for.
   *
   * @throws BangerException NOT_FOUND
   */
  OperationStatus status(String id) {
    return named(id).trace.status(id);
  }

  /**
   * Waits until an operation has ended; of several under one id, the one that nobody waits for.
   *
   * @param watching the one that waits; gets what the other reports
   * @return how it ended
   * @throws BangerException NOT_FOUND, also when it was not kept after its end
   */
  OperationStatus await(String id, Operation watching) {
    Running request = named(id);
    request.trace.await(watching);
    OperationStatus ended = request.trace.status(id);
    if (ended.state() == OperationStatus.State.RUNNING) {
      throw new BangerException(
          ErrorCode.NOT_FOUND,
          "operation " + id + " has ended; only the one who called it was told how");
    }
    return ended;
  }

  private Running named(String id) {
    List<Running> matching = known().stream().filter(each -> each.is(id)).toList();
    return matching.stream()
        .filter(each -> each.background)
        .findFirst()
        .or(() -> matching.stream().findFirst())
        .orElseThrow(
            () ->
                new BangerException(
                    ErrorCode.NOT_FOUND,
                    "no operation "
                        + id
                        + " is known; those that have ended are kept for an hour at most, and not"
                        + " beyond the end of the daemon"));
  }

  /** How many run. */
  int running() {
    synchronized (running) {
      return running.size();
    }
  }

  /**
   * Cancels what runs under an id.
   *
   * @throws BangerException NOT_FOUND when nothing does
   */
  void cancel(String id, String reason) {
    List<Running> matching = matching(id);
    if (matching.isEmpty()) {
      throw new BangerException(ErrorCode.NOT_FOUND, "no operation " + id + " is running");
    }
    matching.forEach(request -> request.operation.cancel(reason));
  }

  /** Cancels all that runs. */
  void cancelAll(String reason) {
    snapshot().forEach(request -> request.operation.cancel(reason));
  }

  /** Waits until nothing runs under an id, but not for ever. */
  void awaitEnd(String id, Duration limit) throws InterruptedException {
    CompletableFuture<?>[] ends =
        matching(id).stream().map(each -> each.closed).toArray(CompletableFuture<?>[]::new);
    try {
      CompletableFuture.allOf(ends).get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      // Not for ever.
    } catch (ExecutionException e) {
      throw new IllegalStateException(e); // none is completed so
    }
  }

  private List<Running> matching(String id) {
    return snapshot().stream().filter(request -> request.is(id)).toList();
  }

  private List<Running> snapshot() {
    synchronized (running) {
      return new ArrayList<>(running);
    }
  }

  private List<Running> known() {
    synchronized (running) {
      forgetOld();
      return Stream.concat(ended.stream(), running.stream()).toList();
    }
  }

  private void forgetOld() {
    Instant oldest = clock.instant().minus(KEPT_FOR);
    ended.removeIf(each -> each.trace.endedBefore(oldest));
    while (ended.size() > KEPT) {
      ended.removeFirst();
    }
  }
}
