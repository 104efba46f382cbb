// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;
import org.sqlite.SQLiteOpenMode;

/** The database as a file: how it stands, looked at without changing it, and copies of it. */
final class DatabaseFile {
  /** Another process may hold the database for a moment: a backup tool, a doctor. */
  static final int BUSY_TIMEOUT_MILLIS = 5_000;

  private static final Set<PosixFilePermission> OWNER_ONLY =
      EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

  private final Path path;
  private final Schema schema;

  DatabaseFile(Path path, Schema schema) {
    this.path = path;
    this.schema = schema;
  }

  Path path() {
    return path;
  }

  /** How a database stands. */
  enum Condition {
    MISSING,
    CURRENT,
    PENDING,
    NEWER,
    FOREIGN,
    DAMAGED
  }

  /**
   * What a look at a database found.
   *
   * @param condition how it stands
   * @param detail for a person
   * @param pending what a start of the daemon would do to it
   */
  record Inspection(Condition condition, String detail, List<Migration> pending) {
    /** The error of a database that cannot be used, with the way out. */
    BangerException refusal(Path path) {
      String wayOut =
          switch (condition) {
            case NEWER -> "install that version again, or restore " + path + ".before-…";
            case FOREIGN -> "move the file away";
            default ->
                "stop the daemon, move the file and its -wal and -shm aside, and restore a copy "
                    + "(such as "
                    + path
                    + ".before-…), or start without it; disks of machines are kept";
          };
      return new BangerException(ErrorCode.CORRUPT, detail + ". It was not touched; " + wayOut);
    }
  }

  /** Looks at the database without changing it or anything beside it. */
  Inspection inspect() {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return new Inspection(Condition.MISSING, path + " is made at first use", List.of());
    }
    if (!Files.isRegularFile(path)) {
      return damaged(path + " is not a file");
    }
    try {
      if (Files.size(path) == 0) {
        // What is left when the machine loses power between creation and the first commit.
        return new Inspection(Condition.MISSING, path + " is empty", List.of());
      }
      try (Connection connection = openReadOnly()) {
        return inspect(connection);
      }
    } catch (SQLException e) {
      return switch (SqliteFailure.resultCode(e)) {
        case SQLITE_NOTADB, SQLITE_CORRUPT -> damaged(path + " is damaged: " + e.getMessage());
        default -> throw SqliteFailure.translate("cannot read " + path, e);
      };
    } catch (IOException e) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED, "cannot read " + path + ": " + e.getMessage(), e);
    }
  }

  private Inspection inspect(Connection connection) throws SQLException {
    String integrity = quickCheck(connection);
    if (!integrity.equals("ok")) {
      return damaged(path + " is damaged: " + integrity);
    }
    List<String> tables = Schema.tables(connection);
    if (!tables.contains("schema_migrations")) {
      return tables.isEmpty()
          ? new Inspection(Condition.MISSING, path + " is empty", List.of())
          : new Inspection(
              Condition.FOREIGN, path + " is a database of another program", List.of());
    }
    Set<Integer> applied = Schema.applied(connection);
    List<Integer> unknown = applied.stream().filter(id -> !schema.knows(id)).toList();
    if (!unknown.isEmpty()) {
      return new Inspection(
          Condition.NEWER,
          path
              + " was made by a newer banger: it has schema "
              + unknown.get(unknown.size() - 1)
              + ", this program knows "
              + schema.version(),
          List.of());
    }
    List<Migration> pending = schema.pending(applied);
    return pending.isEmpty()
        ? new Inspection(Condition.CURRENT, "schema " + schema.version(), List.of())
        : new Inspection(
            Condition.PENDING,
            pending.size() + " migrations to schema " + schema.version() + " are pending",
            pending);
  }

  private static Inspection damaged(String detail) {
    return new Inspection(Condition.DAMAGED, detail, List.of());
  }

  private static String quickCheck(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("PRAGMA quick_check(1)")) {
      return row.next() ? row.getString(1) : "no answer";
    }
  }

  private Connection openReadOnly() throws SQLException {
    NativeLibrary.load();
    SQLiteConfig config = new SQLiteConfig();
    config.setReadOnly(true);
    config.setBusyTimeout(BUSY_TIMEOUT_MILLIS);
    config.setOpenMode(SQLiteOpenMode.OPEN_URI);
    SQLiteDataSource source = new SQLiteDataSource(config);
    // Without a -wal file nobody has the database open; "immutable" then keeps SQLite from making
    // one, which a read-only connection would otherwise do.
    boolean unused = !Files.exists(Path.of(path + "-wal"));
    source.setUrl(
        "jdbc:sqlite:file:"
            + path.toAbsolutePath().toUri().getRawPath()
            + (unused ? "?mode=ro&immutable=1" : "?mode=ro"));
    return source.getConnection();
  }

  /** Makes the file, closed to others, unless it is there. */
  void createIfMissing() throws IOException {
    if (!Files.exists(path)) {
      Files.createFile(path, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    }
  }

  /**
   * Keeps a copy of the database as {@code banger.db.before-<n>}, replacing an older one of that
   * name.
   */
  void keepCopy(int beforeMigration, Connection connection) throws SQLException, IOException {
    Path copy = Path.of(path + ".before-" + beforeMigration);
    Path staged = Path.of(copy + ".new");
    Files.deleteIfExists(staged);
    Files.createFile(staged, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    try {
      try (PreparedStatement vacuum = connection.prepareStatement("VACUUM INTO ?")) {
        vacuum.setString(1, staged.toString());
        vacuum.execute();
      }
      Files.move(staged, copy, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(staged);
    }
  }
}
