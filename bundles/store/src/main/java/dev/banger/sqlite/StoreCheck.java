// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import dev.banger.doctor.DoctorCheck;
import dev.banger.doctor.Finding;
import dev.banger.error.BangerException;
import dev.banger.host.BangerDirectories;
import dev.banger.operation.Operation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.ToLongFunction;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Looks at the database, read-only and without migrating it, and at the room for what it names. */
@Component
public final class StoreCheck implements DoctorCheck {
  private static final long MIB = 1L << 20;

  /** Roughly what the first image and kernel take, with their staging files. */
  private static final long WARN_BELOW = 2048 * MIB;

  /** Below this not even logs and the write-ahead log are safe. */
  private static final long FAIL_BELOW = 100 * MIB;

  private final Path state;
  private final DatabaseFile file;
  private final ToLongFunction<Path> usableSpace;

  @Activate
  public StoreCheck(@Reference BangerDirectories directories) {
    this(directories.state(), SqliteDatabase.path(directories), StoreCheck::usableSpace);
  }

  StoreCheck(Path state, Path database, ToLongFunction<Path> usableSpace) {
    this.state = state;
    this.file = new DatabaseFile(database, Schema.CURRENT);
    this.usableSpace = usableSpace;
  }

  @Override
  public List<Finding> examine(Operation operation) {
    return List.of(store(), space());
  }

  private Finding store() {
    if (!Files.isWritable(state)) {
      return Finding.fail(
          "store",
          state + " cannot be written",
          "make it yours ('chown -R \"$USER\" " + state + "'), or set BANGER_HOME elsewhere");
    }
    try {
      DatabaseFile.Inspection found = file.inspect();
      return switch (found.condition()) {
        case MISSING, CURRENT -> Finding.pass("store", found.detail());
        case PENDING ->
            Finding.warn(
                "store",
                found.detail(),
                "nothing: they are applied at the next use, after a copy was kept");
        case NEWER, FOREIGN, DAMAGED -> Finding.fail("store", found.detail(), found.wayOut());
      };
    } catch (BangerException e) {
      return Finding.fail("store", e.getMessage(), "see the message");
    }
  }

  private Finding space() {
    long free = usableSpace.applyAsLong(state);
    String detail = free / MIB + " MiB free at " + state;
    String remedy = "free some space, or set BANGER_HOME to a larger disk";
    if (free < FAIL_BELOW) {
      return Finding.fail("disk-space", detail, remedy);
    }
    return free < WARN_BELOW
        ? Finding.warn("disk-space", detail, remedy)
        : Finding.pass("disk-space", detail);
  }

  private static long usableSpace(Path directory) {
    return directory.toFile().getUsableSpace();
  }
}
