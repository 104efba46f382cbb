// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Makes the steps of an update one after another. When one fails, or when all together are not
 * whole, those that were made are undone in reverse order; undoing never stops at a failure.
 */
final class SteppedRelease {
  private final List<ReleaseStep> steps;
  private final Supplier<List<String>> problems;
  private final Consumer<String> tell;

  /**
   * @param problems looks at the whole after the last step
   * @param tell is told what is done now
   */
  SteppedRelease(List<ReleaseStep> steps, Supplier<List<String>> problems, Consumer<String> tell) {
    this.steps = List.copyOf(steps);
    this.problems = problems;
    this.tell = tell;
  }

  /**
   * How it ended.
   *
   * @param reason why it was given up, or null
   * @param broken what did not come back, or null
   */
  record Outcome(String reason, String broken) {
    static final Outcome DONE = new Outcome(null, null);
  }

  Outcome run() {
    Deque<ReleaseStep> made = new ArrayDeque<>();
    for (ReleaseStep each : steps) {
      tell.accept(each.name() + ", " + (made.size() + 1) + " of " + steps.size());
      Optional<String> failure = attempt(each::make);
      if (failure.isPresent()) {
        return undo(made, each.name() + ": " + failure.get());
      }
      made.push(each);
    }
    tell.accept("looking at the whole");
    Optional<String> left = attempt(() -> lines(problems.get()));
    return left.isEmpty() ? Outcome.DONE : undo(made, left.get());
  }

  private static Optional<String> lines(List<String> problems) {
    return problems.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", problems));
  }

  private Outcome undo(Deque<ReleaseStep> made, String reason) {
    StringBuilder broken = new StringBuilder();
    for (ReleaseStep each : made) {
      tell.accept("returning " + each.name());
      attempt(each::undo)
          .ifPresent(
              why ->
                  broken
                      .append(broken.isEmpty() ? "" : "; ")
                      .append(each.name())
                      .append(": ")
                      .append(why));
    }
    return new Outcome(reason, broken.isEmpty() ? null : broken.toString());
  }

  private static Optional<String> attempt(Supplier<Optional<String>> act) {
    try {
      return act.get();
    } catch (RuntimeException | LinkageError e) {
      return Optional.of(Exceptions.told(e));
    }
  }
}
