// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.sqlite.DatabaseFile.Inspection;
import dev.banger.store.StoreDiagnosis;
import dev.banger.store.StoreDiagnosis.Condition;
import dev.banger.store.StoreRepair;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Rebuilds the database of the rows that SQLite can still read, and of copies. */
@Component
public final class SqliteStoreRepair implements StoreRepair {
  private static final Logger LOG = LoggerFactory.getLogger(SqliteStoreRepair.class);

  private final SqliteDatabase database;
  private final InstantSource clock;

  @Activate
  public SqliteStoreRepair(@Reference SqliteDatabase database) {
    this(database, InstantSource.system());
  }

  SqliteStoreRepair(SqliteDatabase database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  @Override
  public StoreDiagnosis examine(Path copy, Operation operation) {
    return database.alone(
        operation, file -> withRebuild(file, operation, rebuild -> look(file, copy, rebuild)));
  }

  @Override
  public Path repair(StoreDiagnosis shown, Path copy, Operation operation) {
    return database.alone(
        operation,
        file ->
            withRebuild(
                file,
                operation,
                rebuild -> {
                  refuseUnseen(shown, look(file, copy, rebuild));
                  return replace(file.path().toAbsolutePath(), rebuild.built());
                }));
  }

  private static StoreDiagnosis look(DatabaseFile file, Path copy, Rebuild rebuild)
      throws IOException, SQLException {
    file.finishReplacement();
    refuseUnusable(copy, file);
    Inspection found = file.examine();
    Condition condition = condition(found);
    List<StoreDiagnosis.Copy> copies = file.copies();
    boolean repairable =
        condition == Condition.DAMAGED || (copy != null && condition != Condition.SOUND);
    List<StoreDiagnosis.Source> sources = List.of();
    if (repairable && copy != null) {
      sources = rebuild.ofCopy(copy);
    } else if (repairable) {
      sources = rebuild.ofDamaged(file.path(), usable(copies));
    }
    return new StoreDiagnosis(file.path(), condition, detail(found), repairable, sources, copies);
  }

  private static List<Path> usable(List<StoreDiagnosis.Copy> copies) {
    return copies.stream()
        .filter(copy -> copy.problem() == null)
        .map(StoreDiagnosis.Copy::file)
        .toList();
  }

  private static void refuseUnusable(Path copy, DatabaseFile file) {
    if (copy == null) {
      return;
    }
    Inspection found = file.beside(copy).examine();
    Condition condition = condition(found);
    if (condition != Condition.SOUND) {
      String problem = condition == Condition.MISSING ? copy + " is not there" : found.detail();
      throw new BangerException(
          ErrorCode.BAD_REQUEST, problem + "; 'banger daemon repair' shows which copies there are");
    }
  }

  private static Condition condition(Inspection found) {
    return switch (found.condition()) {
      case CURRENT, PENDING -> Condition.SOUND;
      case MISSING -> Condition.MISSING;
      case NEWER -> Condition.NEWER;
      case FOREIGN -> Condition.FOREIGN;
      case DAMAGED -> Condition.DAMAGED;
    };
  }

  private static String detail(Inspection found) {
    return found.wayOut() == null || found.condition() == DatabaseFile.Condition.DAMAGED
        ? found.detail()
        : found.detail() + "; " + found.wayOut();
  }

  private static void refuseUnseen(StoreDiagnosis shown, StoreDiagnosis now) {
    if (!now.repairable()) {
      boolean usable = now.condition() == Condition.SOUND || now.condition() == Condition.MISSING;
      throw new BangerException(
          usable ? ErrorCode.BAD_REQUEST : ErrorCode.CORRUPT,
          "there is nothing to repair: " + now.detail());
    }
    if (!now.equals(shown)) {
      throw new BangerException(
          ErrorCode.IN_USE,
          "the database is no longer as it was shown; nothing was changed, run it again");
    }
  }

  private Path replace(Path database, Path built) throws IOException {
    Replacement replacement = Replacement.at(database, clock.instant());
    replacement.declare(built);
    Replacement.finish(database);
    LOG.warn("The database was repaired; the damaged one is {}", replacement.damaged());
    return replacement.keptFile().orElse(null);
  }

  /** What is done with the help of files on the way. */
  private interface Work<T> {
    T with(Rebuild rebuild) throws IOException, SQLException;
  }

  private <T> T withRebuild(DatabaseFile file, Operation operation, Work<T> work) {
    Path directory = Path.of(file.path().toAbsolutePath() + ".rebuild");
    try (Rebuild rebuild = database.rebuild(directory, operation)) {
      return work.with(rebuild);
    } catch (SQLException e) {
      throw SqliteFailure.translate("cannot repair " + file.path(), file.path(), e);
    } catch (IOException e) {
      throw FileFailure.translate("cannot repair " + file.path(), e);
    }
  }
}
