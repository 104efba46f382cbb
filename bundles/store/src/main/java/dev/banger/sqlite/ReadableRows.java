// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The rows of a table that SQLite can read although pages of it are damaged: from the first one
 * forward to the damage, from the last one back to it, and one by one in between.
 */
final class ReadableRows {
  /** How many numbers are tried between the two ends: some hundred pages of machines. */
  private static final long TRIED_BETWEEN = 2_000;

  private final Connection connection;
  private final String table;
  private final List<String> columns;

  ReadableRows(Connection connection, String table, List<String> columns) {
    this.connection = connection;
    this.table = table;
    this.columns = columns;
  }

  /** What is done with a row. */
  @FunctionalInterface
  interface Sink {
    /**
     * Takes a row.
     *
     * @param values by the names of their columns
     */
    void take(Map<String, Object> values) throws SQLException;
  }

  private enum Direction {
    FORWARD("rowid > ? ORDER BY rowid", Long.MIN_VALUE),
    BACKWARD("rowid < ? ORDER BY rowid DESC", Long.MAX_VALUE);

    private final String next;
    private final long start;

    Direction(String next, long start) {
      this.next = next;
      this.start = start;
    }

    boolean leads(long from, long to) {
      return this == FORWARD ? to > from : to < from;
    }
  }

  private record Row(long number, Map<String, Object> values) {}

  /** An end of what could be read in one direction. */
  private record End(long number, boolean ofTable) {}

  /**
   * Reads them.
   *
   * @throws SQLException what the sink throws, and what keeps an undamaged database from being read
   */
  void forEach(Sink sink) throws SQLException {
    End low = read(Direction.FORWARD, Long.MAX_VALUE, sink);
    if (low.ofTable) {
      return;
    }
    End high = read(Direction.BACKWARD, low.number, sink);
    if (high.ofTable) {
      return;
    }
    long first = Math.max(0, low.number) + 1;
    long last = Math.min(high.number, first + TRIED_BETWEEN);
    for (long number = first; number < last; number++) {
      try {
        take(row("rowid = ?", number), sink);
      } catch (UnreadableException e) {
        // Its page is damaged; that of the next one need not be.
      }
    }
  }

  /** Reads in one direction until the table, the other end or what can be read ends. */
  private End read(Direction direction, long end, Sink sink) throws SQLException {
    long number = direction.start;
    while (true) {
      Optional<Row> row;
      try {
        row = row(direction.next, number);
      } catch (UnreadableException e) {
        return new End(number, false);
      }
      if (row.isEmpty() || row.get().number == end) {
        return new End(number, true);
      }
      // On a damaged page the numbers need not be in order, and would be read without end.
      if (!direction.leads(number, row.get().number)) {
        return new End(number, false);
      }
      take(row, sink);
      number = row.get().number;
    }
  }

  private static void take(Optional<Row> row, Sink sink) throws SQLException {
    if (row.isPresent()) {
      sink.take(row.get().values);
    }
  }

  private Optional<Row> row(String condition, long number)
      throws SQLException, UnreadableException {
    String sql =
        "SELECT rowid, %s FROM %s WHERE %s LIMIT 1"
            .formatted(String.join(", ", columns), table, condition);
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      select.setLong(1, number);
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? Optional.of(new Row(row.getLong(1), values(row))) : Optional.empty();
      }
    } catch (SQLException e) {
      if (SqliteFailure.isUnreadable(e)) {
        throw new UnreadableException(e);
      }
      throw e;
    }
  }

  private Map<String, Object> values(ResultSet row) throws SQLException {
    Map<String, Object> values = new LinkedHashMap<>();
    for (int i = 0; i < columns.size(); i++) {
      values.put(columns.get(i), row.getObject(i + 2));
    }
    return values;
  }

  /** Here the database cannot be read. */
  private static final class UnreadableException extends Exception {
    private static final long serialVersionUID = 1L;

    UnreadableException(SQLException cause) {
      super(cause);
    }
  }
}
