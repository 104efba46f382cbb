// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import dev.banger.operation.Operation;
import dev.banger.release.ReleaseChange;
import dev.banger.release.ReleaseChange.Kind;
import dev.banger.release.ReleasePlan;
import dev.banger.release.ReleasePlan.Way;
import dev.banger.release.ReleaseService;
import dev.banger.release.ReleaseSource;
import dev.banger.release.ReleaseUpdate;
import dev.banger.release.ReleaseUpdate.State;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Releases that do what they are told to. */
public final class FakeReleases implements ReleaseService {
  public static final String DIGEST = "cd".repeat(32);
  private static final Instant START = Instant.parse("2026-01-02T03:04:05Z");

  public final List<String> calls = new ArrayList<>();
  public State outcome = State.RUNNING;

  @Override
  public ReleasePlan examine(ReleaseSource source, Operation operation) {
    calls.add("examine " + source.location());
    return new ReleasePlan(
        "0.1.0",
        "0.2.0",
        DIGEST,
        Way.RESTART,
        List.of("lib/launcher.jar cannot be exchanged while the daemon runs"),
        List.of(
            new ReleaseChange(
                Kind.REPLACED, "system/6/store.jar", "dev.banger.store", "0.1.0", "0.2.0"),
            new ReleaseChange(Kind.REPLACED, "lib/launcher.jar", null, null, null),
            new ReleaseChange(Kind.KEPT, "conf/logback.xml", null, null, null)),
        40);
  }

  @Override
  public ReleaseUpdate update(
      ReleaseSource source, String sha256, boolean restart, Operation operation) {
    calls.add("update " + source.location() + " " + sha256 + (restart ? " restart" : ""));
    return update();
  }

  private ReleaseUpdate update() {
    boolean running = outcome == State.RUNNING;
    return new ReleaseUpdate(
        "0.1.0",
        "0.2.0",
        Way.RESTART,
        outcome,
        running ? "the daemon stops" : null,
        outcome == State.REVERTED ? "it does not start" : null,
        START,
        running ? null : START.plusMillis(250));
  }

  @Override
  public Optional<ReleaseUpdate> latest() {
    return Optional.of(update());
  }

  @Override
  public ReleaseUpdate await(Operation operation) {
    return update();
  }
}
