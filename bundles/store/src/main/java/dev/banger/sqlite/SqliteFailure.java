// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.nio.file.Path;
import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** What SQLite's errors mean to a person. */
final class SqliteFailure {
  private SqliteFailure() {}

  /** SQLite's own code; SQLITE_ERROR for an error of the driver. */
  static SQLiteErrorCode resultCode(SQLException e) {
    if (!(e instanceof SQLiteException sqlite)) {
      return SQLiteErrorCode.SQLITE_ERROR;
    }
    return sqlite.getResultCode();
  }

  /** The primary code, whatever the extended one says: its low byte. */
  static SQLiteErrorCode primaryCode(SQLException e) {
    return SQLiteErrorCode.getErrorCode(resultCode(e).code & 0xff);
  }

  /** Whether the database, or this part of it, is damaged. */
  static boolean isDamage(SQLException e) {
    SQLiteErrorCode code = primaryCode(e);
    return code == SQLiteErrorCode.SQLITE_CORRUPT || code == SQLiteErrorCode.SQLITE_NOTADB;
  }

  /**
   * Whether a row, a page or a table cannot be read because of what the file holds, and not because
   * of the disk that it lies on.
   */
  static boolean isUnreadable(SQLException e) {
    return isDamage(e) || primaryCode(e) == SQLiteErrorCode.SQLITE_ERROR;
  }

  /** Whether a UNIQUE or PRIMARY KEY constraint refused a row. */
  static boolean isDuplicate(SQLException e) {
    SQLiteErrorCode code = resultCode(e);
    return code == SQLiteErrorCode.SQLITE_CONSTRAINT_UNIQUE
        || code == SQLiteErrorCode.SQLITE_CONSTRAINT_PRIMARYKEY;
  }

  /** Whether any constraint refused a row, such as the type of a column. */
  static boolean isRefusal(SQLException e) {
    return primaryCode(e) == SQLiteErrorCode.SQLITE_CONSTRAINT;
  }

  /** Whether a reference to another table refused a row. */
  static boolean isBrokenReference(SQLException e) {
    return resultCode(e) == SQLiteErrorCode.SQLITE_CONSTRAINT_FOREIGNKEY;
  }

  /**
   * An error that no constraint of ours explains.
   *
   * @param what what could not be done
   * @param database the database's file
   */
  static BangerException translate(String what, Path database, SQLException e) {
    return switch (primaryCode(e)) {
      case SQLITE_FULL ->
          new BangerException(
              ErrorCode.NO_SPACE, what + ": the disk is full; free some space and try again", e);
      case SQLITE_BUSY, SQLITE_LOCKED ->
          new BangerException(
              ErrorCode.IN_USE,
              what + ": " + holder(database) + " holds the database; end it and try again",
              e);
      case SQLITE_CORRUPT, SQLITE_NOTADB ->
          new BangerException(
              ErrorCode.CORRUPT,
              what
                  + ": the database is damaged ("
                  + e.getMessage()
                  + "); 'banger daemon repair' shows what can be saved",
              e);
      case SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM ->
          new BangerException(
              ErrorCode.OPERATION_FAILED,
              what
                  + ": "
                  + e.getMessage()
                  + "; check that the file and its directory belong to you and can be written",
              e);
      default -> new BangerException(ErrorCode.OPERATION_FAILED, what + ": " + e.getMessage(), e);
    };
  }

  private static String holder(Path database) {
    return LockHolder.of(database)
        .map(holder -> "another program (" + holder.name() + ", process " + holder.pid() + ")")
        .orElse("another program");
  }
}
