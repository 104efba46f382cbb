// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.operation;

import dev.banger.error.ErrorCode;
import java.time.Instant;
import java.util.List;

/**
 * All that is known of an operation at one moment.
 *
 * @param id its id
 * @param method what was asked for
 * @param state where it stands
 * @param startedAt when it began
 * @param endedAt when it ended; null while it runs
 * @param stage the stage that it reported last, or null
 * @param message what that stage does, or null
 * @param stages the stages so far, oldest first; of very many the latest
 * @param result what it came to, as the maps, lists and values of its JSON; null unless it is done
 * @param resultDropped whether the result was too large to be kept
 * @param error why it failed or that it was cancelled; null otherwise
 */
public record OperationStatus(
    String id,
    String method,
    State state,
    Instant startedAt,
    Instant endedAt,
    String stage,
    String message,
    List<Stage> stages,
    Object result,
    boolean resultDropped,
    Failure error) {
  public OperationStatus {
    stages = List.copyOf(stages);
  }

  /** Where an operation stands. */
  public enum State {
    RUNNING,
    DONE,
    FAILED,
    CANCELLED
  }

  /**
   * A stage that was entered.
   *
   * @param name its stable name
   * @param message what it does, for a person
   * @param at when it was entered
   */
  public record Stage(String name, String message, Instant at) {}

  /**
   * Why an operation failed.
   *
   * @param code the stable code
   * @param message what happened and what to do next
   */
  public record Failure(ErrorCode code, String message) {}
}
