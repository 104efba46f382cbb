// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.operation.Operation;
import dev.banger.operation.OperationStatus;
import dev.banger.operation.OperationStatus.Stage;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * What is known of an operation that a previous version of this bundle serves. Nothing of that
 * version is held any more once the operation has ended.
 */
final class InheritedTrace implements Trace {
  private static final Duration LOOK = Duration.ofMillis(20);

  private final CompletableFuture<OperationStatus> end;
  private volatile Supplier<OperationStatus> now;

  /**
   * @param now what is known at a moment
   * @param end what is known at the end
   */
  InheritedTrace(Supplier<OperationStatus> now, CompletableFuture<OperationStatus> end) {
    this.now = now;
    this.end = end;
    end.thenAccept(last -> this.now = () -> last);
  }

  @Override
  public OperationStatus status(String id) {
    return now.get();
  }

  @Override
  public boolean endedBefore(Instant time) {
    Instant endedAt = now.get().endedAt();
    return endedAt != null && endedAt.isBefore(time);
  }

  @Override
  public void await(Operation watching) {
    Stage told = tell(null, watching);
    while (!end.isDone()) {
      watching.pause(LOOK);
      told = tell(told, watching);
    }
    Stage unused = tell(told, watching);
  }

  /**
   * @param told the stage that the watcher knows last, or null
   * @return the one that it knows now
   */
  private Stage tell(Stage told, Operation watching) {
    watching.check();
    List<Stage> stages = now.get().stages(); // of very many the latest
    Stage last = told;
    int unknown = told == null ? 0 : stages.lastIndexOf(told) + 1;
    for (Stage stage : stages.subList(unknown, stages.size())) {
      watching.progress().stage(stage.name(), stage.message());
      last = stage;
    }
    return last;
  }

  @Override
  public void close() {
    // Whoever serves the operation does.
  }
}
