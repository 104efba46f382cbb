// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
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

  /** Whether a UNIQUE or PRIMARY KEY constraint refused a row. */
  static boolean isDuplicate(SQLException e) {
    SQLiteErrorCode code = resultCode(e);
    return code == SQLiteErrorCode.SQLITE_CONSTRAINT_UNIQUE
        || code == SQLiteErrorCode.SQLITE_CONSTRAINT_PRIMARYKEY;
  }

  /** Whether a reference to another table refused a row. */
  static boolean isBrokenReference(SQLException e) {
    return resultCode(e) == SQLiteErrorCode.SQLITE_CONSTRAINT_FOREIGNKEY;
  }

  /**
   * An error that no constraint of ours explains.
   *
   * @param what what could not be done
   */
  static BangerException translate(String what, SQLException e) {
    // The low byte is the primary code, whatever the extended one says.
    SQLiteErrorCode primary = SQLiteErrorCode.getErrorCode(resultCode(e).code & 0xff);
    return switch (primary) {
      case SQLITE_FULL ->
          new BangerException(
              ErrorCode.NO_SPACE, what + ": the disk is full; free some space and try again", e);
      case SQLITE_BUSY, SQLITE_LOCKED ->
          new BangerException(
              ErrorCode.IN_USE,
              what + ": another program holds the database; end it and try again",
              e);
      case SQLITE_CORRUPT, SQLITE_NOTADB ->
          new BangerException(
              ErrorCode.CORRUPT,
              what + ": the database is damaged (" + e.getMessage() + "); see 'banger doctor'",
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
}
