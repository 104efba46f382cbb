// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The database of an installation whose daemon does not run, for as many machines as nobody would
 * wait for. They are copies of the record of a template.
 */
final class StoppedDatabase {
  /** The name of the machine that is copied. */
  static final String TEMPLATE = "template";

  /** Ports of copies lie above those that banger gives to new machines. */
  private static final String COPY =
      """
      WITH RECURSIVE
        numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < ?),
        copies AS (
          SELECT number, printf('%012x', number) AS id, printf('many-%05d', number) AS name,
            30000 + number AS ssh_port
          FROM numbers)
      INSERT INTO vms (id, name, image_id, state, ssh_port, created_at, document)
      SELECT copies.id, copies.name, image_id, 'stopped', copies.ssh_port, created_at + number,
        json_set(replace(document, vms.id, copies.id), '$.name', copies.name, '$.state', 'stopped',
          '$.network.ssh_port', copies.ssh_port, '$.started_at', document ->> '$.created_at')
      FROM vms, copies WHERE vms.name = ?""";

  private static final String RUN =
      """
      UPDATE vms SET state = 'running',
        document = json_set(document, '$.state', 'running', '$.machine', json(?))
      WHERE id = ?""";

  private final String url;

  /**
   * @param home the installation's directory
   */
  StoppedDatabase(Path home) {
    this.url = "jdbc:sqlite:" + home.resolve("state/banger.db");
  }

  /** The id of a copy, by its number from 1. */
  static String id(int number) {
    return "%012x".formatted(number);
  }

  /** Makes copies of the template that were stopped; there are none yet. */
  void copy(int count) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        PreparedStatement copy = connection.prepareStatement(COPY)) {
      copy.setInt(1, count);
      copy.setString(2, TEMPLATE);
      if (copy.executeUpdate() != count) {
        throw new IllegalStateException("no machine has the name " + TEMPLATE);
      }
    }
  }

  /**
   * Makes the record of a copy say that it runs.
   *
   * @param handle what names its VMM, as JSON
   */
  void run(String id, String handle) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        PreparedStatement run = connection.prepareStatement(RUN)) {
      run.setString(1, handle);
      run.setString(2, id);
      run.executeUpdate();
    }
  }

  /** Removes the copies. */
  void removeCopies() throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        PreparedStatement delete = connection.prepareStatement("DELETE FROM vms WHERE name <> ?")) {
      delete.setString(1, TEMPLATE);
      delete.executeUpdate();
    }
  }

  /** The number of the latest event. */
  long lastEvent() throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement();
        ResultSet last =
            statement.executeQuery("SELECT coalesce(max(number), 0) AS last FROM events")) {
      return last.getLong("last");
    }
  }
}
