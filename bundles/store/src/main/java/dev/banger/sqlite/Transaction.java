// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * A transaction on a connection in auto-commit mode. The driver's own transactions are not used: it
 * begins the next one right after a commit, and an idle writer would lock everybody else out.
 */
enum Transaction {
  /** One consistent view of the database. */
  READ("BEGIN DEFERRED"),
  /** Takes the write lock first, so that what was read is still true when it writes. */
  WRITE("BEGIN IMMEDIATE");

  private final String begin;

  Transaction(String begin) {
    this.begin = begin;
  }

  /** What is done within a transaction. */
  @FunctionalInterface
  interface Work<T> {
    T run(Connection connection) throws SQLException;
  }

  /** Runs work and commits it; undoes it when it throws. */
  <T> T run(Connection connection, Work<T> work) throws SQLException {
    execute(connection, begin);
    T result;
    try {
      result = work.run(connection);
      execute(connection, "COMMIT");
    } catch (SQLException | RuntimeException | Error e) {
      rollBack(connection, e);
      throw e;
    }
    return result;
  }

  private static void rollBack(Connection connection, Throwable cause) {
    try {
      execute(connection, "ROLLBACK");
    } catch (SQLException e) {
      // SQLite has already rolled back by itself after some errors, such as a full disk.
      cause.addSuppressed(e);
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
