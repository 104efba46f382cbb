// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.release;

import dev.banger.release.ReleaseChange;
import dev.banger.release.ReleasePlan;
import dev.banger.release.ReleasePlan.Way;
import dev.banger.release.ReleaseUpdate;
import java.time.Duration;
import java.util.Locale;

/** Releases as they are told to a person. */
final class ReleaseWords {
  private ReleaseWords() {}

  static String plan(ReleasePlan plan, boolean restart) {
    StringBuilder text = new StringBuilder();
    text.append("banger ").append(plan.from()).append(" → ").append(plan.to()).append('\n');
    for (ReleaseChange each : plan.changes()) {
      text.append("  ").append(change(each)).append('\n');
    }
    text.append("  unchanged: ").append(plan.unchanged()).append(" files\n");
    if (plan.way() == Way.LIVE && !restart) {
      text.append("one after another, while the daemon runs\n");
    } else {
      text.append("the daemon starts anew, VMs run on");
      text.append(plan.reasons().isEmpty() ? "" : ": " + String.join("; ", plan.reasons()));
      text.append('\n');
    }
    return text.toString();
  }

  private static String change(ReleaseChange change) {
    String kind = change.kind().name().toLowerCase(Locale.ROOT);
    if (change.bundle() == null) {
      return kind
          + ": "
          + change.path()
          + (change.kind() == ReleaseChange.Kind.KEPT ? " (changed by hand)" : "");
    }
    return kind + ": " + change.bundle() + " " + versions(change);
  }

  private static String versions(ReleaseChange change) {
    if (change.from() == null || change.to() == null) {
      return change.to() == null ? change.from() : change.to();
    }
    return change.from().equals(change.to())
        ? change.to() + " (another build)"
        : change.from() + " → " + change.to();
  }

  static String update(ReleaseUpdate update) {
    return switch (update.state()) {
      case RUNNING ->
          "the update from " + update.from() + " to " + update.to() + " goes on: " + update.step();
      case DONE ->
          "banger "
              + update.from()
              + " → "
              + update.to()
              + " in "
              + Duration.between(update.startedAt(), update.endedAt()).toMillis()
              + " ms";
      case REVERTED ->
          update.to()
              + " was given up: "
              + update.reason()
              + "; all of "
              + update.from()
              + " is at work again";
      case BROKEN ->
          update.to()
              + " was given up: "
              + update.reason()
              + "; "
              + update.from()
              + " did not come back whole, 'banger doctor' tells how it is";
    };
  }
}
