// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The schema as an ordered list of migrations, and which of them a database has. */
final class Schema {
  /**
   * A record is stored as one JSON document, so that a new field of a record needs no migration and
   * is passed over by a program that does not know it. Only what SQL has to guard or look up stands
   * in columns of its own: identity, uniqueness, the reference to the image, and the order of the
   * list. Both are written by one statement, or in one transaction where a record takes several
   * rows, so that they cannot drift apart.
   */
  static final Schema CURRENT =
      new Schema(
          List.of(
              new Migration(
                  1,
                  "machines_and_images",
                  List.of(
                      """
                      CREATE TABLE images (
                        id TEXT PRIMARY KEY,
                        name TEXT NOT NULL UNIQUE,
                        created_at INTEGER NOT NULL, -- milliseconds since 1970
                        document TEXT NOT NULL
                      ) STRICT""",
                      """
                      CREATE TABLE vms (
                        id TEXT PRIMARY KEY,
                        name TEXT NOT NULL UNIQUE,
                        image_id TEXT NOT NULL REFERENCES images (id) ON DELETE RESTRICT,
                        state TEXT NOT NULL,
                        ssh_port INTEGER UNIQUE,
                        created_at INTEGER NOT NULL, -- milliseconds since 1970
                        document TEXT NOT NULL
                      ) STRICT""",
                      "CREATE INDEX vms_by_image ON vms (image_id)")),
              new Migration(
                  2,
                  "events",
                  List.of(
                      // No reference to the machine, which its events outlive.
                      """
                      CREATE TABLE events (
                        number INTEGER PRIMARY KEY AUTOINCREMENT,
                        vm_id TEXT NOT NULL,
                        vm_name TEXT NOT NULL,
                        document TEXT NOT NULL
                      ) STRICT""",
                      "CREATE INDEX events_by_vm ON events (vm_id)",
                      "CREATE INDEX events_by_vm_name ON events (vm_name)")),
              new Migration(
                  3,
                  "published_ports",
                  List.of(
                      // The records before it publish none.
                      """
                      CREATE TABLE published_ports (
                        host_address TEXT NOT NULL,
                        host_port INTEGER NOT NULL,
                        vm_id TEXT NOT NULL REFERENCES vms (id) ON DELETE CASCADE,
                        PRIMARY KEY (host_address, host_port)
                      ) STRICT""",
                      "CREATE INDEX published_ports_by_vm ON published_ports (vm_id)"))));

  private static final String RECORD_TABLE =
      """
      CREATE TABLE IF NOT EXISTS schema_migrations (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        applied_at TEXT NOT NULL,
        release TEXT -- of banger that applied it
      ) STRICT""";

  private final List<Migration> migrations;

  /**
   * @param migrations in ascending order of their ids, none twice
   */
  Schema(List<Migration> migrations) {
    int last = 0;
    for (Migration migration : migrations) {
      if (migration.id() <= last) {
        throw new IllegalArgumentException(
            "migration " + migration.id() + " must come after " + last + " and stand there once");
      }
      last = migration.id();
    }
    this.migrations = List.copyOf(migrations);
  }

  /** The id of the last migration; 0 without any. */
  int version() {
    return migrations.isEmpty() ? 0 : migrations.get(migrations.size() - 1).id();
  }

  /** Whether this schema has a migration of that id. */
  boolean knows(int id) {
    return migrations.stream().anyMatch(migration -> migration.id() == id);
  }

  /** The migrations that a database with these ids lacks. */
  List<Migration> pending(Set<Integer> applied) {
    return migrations.stream().filter(migration -> !applied.contains(migration.id())).toList();
  }

  /** This schema as it was after the migration of an id. */
  Schema upTo(int id) {
    return new Schema(migrations.stream().filter(migration -> migration.id() <= id).toList());
  }

  /**
   * Brings a database up to this schema; a migration that fails leaves what came before it.
   *
   * @param release the release of banger that does so
   */
  void migrate(Connection connection, String release) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(RECORD_TABLE);
      if (!columns(connection, "schema_migrations").contains("release")) {
        statement.execute("ALTER TABLE schema_migrations ADD COLUMN release TEXT");
      }
    }
    for (Migration migration : pending(applied(connection))) {
      Transaction.WRITE.run(connection, within -> apply(migration, release, within));
    }
  }

  /** The ids of the migrations that a database has; it must have the table that records them. */
  static Set<Integer> applied(Connection connection) throws SQLException {
    Set<Integer> ids = new TreeSet<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT id FROM schema_migrations")) {
      while (rows.next()) {
        ids.add(rows.getInt(1));
      }
    }
    return ids;
  }

  /** The release that made a migration; null when it was not told. */
  static String release(Connection connection, int id) throws SQLException {
    if (!columns(connection, "schema_migrations").contains("release")) {
      return null;
    }
    try (PreparedStatement select =
        connection.prepareStatement("SELECT release FROM schema_migrations WHERE id = ?")) {
      select.setInt(1, id);
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? row.getString(1) : null;
      }
    }
  }

  /** The names of a table's columns, in their order; empty without such a table. */
  static List<String> columns(Connection connection, String table) throws SQLException {
    List<String> names = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement("SELECT name FROM pragma_table_info(?)")) {
      select.setString(1, table);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          names.add(rows.getString(1));
        }
      }
    }
    return names;
  }

  /** The names of a database's tables. */
  static List<String> tables(Connection connection) throws SQLException {
    List<String> names = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                    + " ORDER BY name")) {
      while (rows.next()) {
        names.add(rows.getString(1));
      }
    }
    return names;
  }

  private static int apply(Migration migration, String release, Connection connection)
      throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : migration.statements()) {
        statement.execute(sql);
      }
    }
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO schema_migrations (id, name, applied_at, release) VALUES (?, ?, ?, ?)")) {
      insert.setInt(1, migration.id());
      insert.setString(2, migration.name());
      insert.setString(3, Instant.now().toString());
      insert.setString(4, release);
      return insert.executeUpdate();
    }
  }
}
