// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.operation.Operation;
import dev.banger.operation.OperationStatus;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.osgi.framework.BundleContext;

/**
 * Where a version of this bundle leaves what it knows of operations for the next one: those that
 * run go on with its code.
 */
final class OperationHandover {
  private static final String OPERATION = "operation";
  private static final String BACKGROUND = "background";
  private static final String STATUS = "status";
  private static final String END = "end";

  private final AtomicReference<List<Map<String, Object>>> place;

  private OperationHandover(AtomicReference<List<Map<String, Object>>> place) {
    this.place = place;
  }

  /** A place that nobody else knows. */
  static OperationHandover none() {
    return new OperationHandover(new AtomicReference<>());
  }

  /** The place in this framework, the same for every version. */
  static OperationHandover of(BundleContext context) {
    return new OperationHandover(FrameworkPlace.named("operations", context));
  }

  /**
   * One that is left.
   *
   * @param background whether its caller does not wait for it
   * @param status what is known of it at a moment
   * @param end completed with what is known of it at its end
   */
  record Left(
      Operation operation,
      boolean background,
      Supplier<OperationStatus> status,
      CompletableFuture<OperationStatus> end) {
    private Map<String, Object> parts() {
      return Map.of(OPERATION, operation, BACKGROUND, background, STATUS, status, END, end);
    }

    @SuppressWarnings("unchecked")
    private static Left of(Map<String, Object> parts) {
      return new Left(
          (Operation) parts.get(OPERATION),
          (Boolean) parts.get(BACKGROUND),
          (Supplier<OperationStatus>) parts.get(STATUS),
          (CompletableFuture<OperationStatus>) parts.get(END));
    }
  }

  /** Leaves them, in their order. */
  void leave(List<Left> known) {
    place.set(known.stream().map(Left::parts).toList());
  }

  /** Takes what was left. */
  List<Left> take() {
    List<Map<String, Object>> left = place.getAndSet(null);
    return left == null ? List.of() : left.stream().map(Left::of).toList();
  }
}
