// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell;

import dev.banger.operation.Operation;
import dev.banger.store.StoreDiagnosis;
import dev.banger.store.StoreDiagnosis.Condition;
import dev.banger.store.StoreDiagnosis.Copy;
import dev.banger.store.StoreDiagnosis.Source;
import dev.banger.store.StoreRepair;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** A store that stands as the test says and writes down what is done to it. */
public final class FakeStoreRepair implements StoreRepair {
  private static final Path DATABASE = Path.of("/state/banger.db");
  private static final Path COPY = Path.of("/state/banger.db.before-3");

  public final List<String> calls = new ArrayList<>();
  public StoreDiagnosis found = of(Condition.SOUND, "schema 2", false, List.of());

  public void damage() {
    found =
        of(
            Condition.DAMAGED,
            "row 4 is missing",
            true,
            List.of(new Source(DATABASE, 1, 2, 30, 4), new Source(COPY, 1, 0, 0, 0)));
  }

  public static StoreDiagnosis of(
      Condition condition, String detail, boolean repairable, List<Source> sources) {
    Instant kept = Instant.parse("2026-01-02T03:04:05.678Z");
    return new StoreDiagnosis(
        DATABASE,
        condition,
        detail,
        repairable,
        sources,
        List.of(
            new Copy(COPY, kept, null, 2, 1),
            new Copy(Path.of("/state/banger.db.before-2"), kept, "no database", 0, 0)));
  }

  @Override
  public StoreDiagnosis examine(Path copy, Operation operation) {
    calls.add("examine " + copy);
    return found;
  }

  @Override
  public Path repair(StoreDiagnosis shown, Path copy, Operation operation) {
    calls.add("repair " + copy);
    return Path.of("/state/banger.db.damaged-1");
  }
}
