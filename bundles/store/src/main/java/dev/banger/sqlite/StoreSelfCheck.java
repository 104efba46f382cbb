// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.host.BangerDirectories;
import dev.banger.operation.Operation;
import dev.banger.plugin.PluginSelfCheck;
import dev.banger.sqlite.DatabaseFile.Condition;
import dev.banger.sqlite.DatabaseFile.Inspection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether this store can use the database. One that it would migrate is left as it is: a copy shows
 * whether it can. What no release can use, such as a damaged file, says nothing of this one.
 */
@Component
public final class StoreSelfCheck implements PluginSelfCheck {
  private static final Logger LOG = LoggerFactory.getLogger(StoreSelfCheck.class);

  private final SqliteDatabase database;
  private final Path copies;
  private final Path rehearsedFor;

  @Activate
  public StoreSelfCheck(
      BundleContext context,
      @Reference SqliteDatabase database,
      @Reference BangerDirectories directories) {
    this(
        database,
        directories.cache().resolve("store-check"),
        rehearsedFor(context.getProperty("banger.rehearsal.state")));
  }

  /**
   * @param copies a directory that is made for copies, and removed
   * @param rehearsedFor the database of the daemon that rehearses this release, or null
   */
  StoreSelfCheck(SqliteDatabase database, Path copies, Path rehearsedFor) {
    this.database = database;
    this.copies = copies;
    this.rehearsedFor = rehearsedFor;
  }

  private static Path rehearsedFor(String state) {
    return state == null ? null : Path.of(state).resolve(SqliteDatabase.FILE_NAME);
  }

  @Override
  public synchronized void check(Operation operation) {
    try {
      look(operation);
    } catch (BangerException e) {
      // A rehearsal has a home where little room may be, and no program may run; the trial has not.
      boolean unable = e.code() == ErrorCode.HOST_UNFIT || e.code() == ErrorCode.NO_SPACE;
      if (rehearsedFor == null || !unable) {
        throw e;
      }
      LOG.warn("The rehearsal cannot look at the database: {}", e.getMessage());
    }
  }

  private void look(Operation operation) {
    if (rehearsedFor != null) {
      DatabaseFile theirs = database.file().beside(rehearsedFor);
      if (isUsable(theirs, operation)) {
        refuseUnlessCurrent(theirs.examine(), theirs);
      }
    }
    if (isUsable(database.file(), operation)) {
      int unused = database.read("read the database", StoreSelfCheck::readAll);
    }
  }

  /** Whether it can be used as it is; a copy of it was, when it first had to be migrated. */
  private boolean isUsable(DatabaseFile file, Operation operation) {
    operation.check();
    Inspection found = file.inspect();
    return switch (found.condition()) {
      case CURRENT -> true;
      case MISSING, PENDING -> {
        migrateCopy(file, found.condition());
        yield false;
      }
      case NEWER -> throw found.refusal();
      case DAMAGED, FOREIGN -> false;
    };
  }

  private void migrateCopy(DatabaseFile file, Condition condition) {
    Path copy = copies.resolve(SqliteDatabase.FILE_NAME);
    try {
      deleteCopies();
      Files.createDirectories(
          copies,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      if (condition == Condition.PENDING) {
        file.copyTo(copy);
      }
      SqliteDatabase tried = database.elsewhere(copy);
      try {
        int unused = tried.read("read a copy of the database", StoreSelfCheck::readAll);
      } finally {
        tried.close();
      }
      refuseUnlessCurrent(file.beside(copy).examine(), file);
    } catch (SQLException e) {
      throw SqliteFailure.translate("cannot copy " + file.path(), file.path(), e);
    } catch (IOException e) {
      throw FileFailure.translate("cannot copy " + file.path(), e);
    } catch (BangerException e) {
      throw new BangerException(
          e.code(), file.path() + " cannot be used by this release: " + e.getMessage(), e);
    } finally {
      deleteQuietly();
    }
  }

  private static int readAll(Connection connection) throws SQLException {
    int rows = 0;
    for (RecordTable<?> each : RecordTable.ALL) {
      rows += each.count(connection);
    }
    return rows;
  }

  private static void refuseUnlessCurrent(Inspection found, DatabaseFile file) {
    if (found.condition() != Condition.CURRENT) {
      throw new BangerException(
          ErrorCode.CORRUPT,
          "this release does not read all of "
              + file.path()
              + " ("
              + found.detail()
              + "); 'banger daemon repair' tells whether the database itself is damaged");
    }
  }

  private void deleteCopies() throws IOException {
    if (!Files.isDirectory(copies)) {
      return;
    }
    List<Path> all;
    try (Stream<Path> files = Files.walk(copies)) {
      all = files.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : all) {
      Files.deleteIfExists(each);
    }
  }

  private void deleteQuietly() {
    try {
      deleteCopies();
    } catch (IOException e) {
      // The next check removes them.
    }
  }
}
