// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.store.StoreDiagnosis;
import java.io.IOException;
import java.nio.file.DirectoryStream;
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
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;
import org.sqlite.SQLiteOpenMode;

/** The database as a file: how it stands, looked at without changing it, and copies of it. */
final class DatabaseFile {
  /** Another process may hold the database for a moment: a backup tool, a doctor. */
  static final int BUSY_TIMEOUT_MILLIS = 5_000;

  private static final String BEFORE = ".before-";

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

  /** Another file of the same schema. */
  DatabaseFile beside(Path other) {
    return new DatabaseFile(other, schema);
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
   * @param wayOut what to do about one that cannot be used; null for one that can
   */
  record Inspection(Condition condition, String detail, List<Migration> pending, String wayOut) {
    /** One that can be used. */
    static Inspection usable(Condition condition, String detail, List<Migration> pending) {
      return new Inspection(condition, detail, pending, null);
    }

    /** Whether its first use makes it, or makes another of it. */
    boolean isToBeMigrated() {
      return condition == Condition.MISSING || condition == Condition.PENDING;
    }

    /** The error of a database that cannot be used, with the way out. */
    BangerException refusal() {
      return new BangerException(
          ErrorCode.CORRUPT,
          detail + ". It was not touched, and VMs that run go on running; " + wayOut);
    }
  }

  /** Looks at the database without changing it or anything beside it. */
  Inspection inspect() {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return Inspection.usable(Condition.MISSING, path + " is made at first use", List.of());
    }
    if (!Files.isRegularFile(path)) {
      return damaged("it is not a file");
    }
    try {
      if (Files.size(path) == 0) {
        // What is left when the machine loses power between creation and the first commit.
        return Inspection.usable(Condition.MISSING, path + " is empty", List.of());
      }
      try (Connection connection = openReadOnly()) {
        return inspect(connection);
      }
    } catch (SQLException e) {
      if (SqliteFailure.isDamage(e)) {
        return damaged(e.getMessage());
      }
      throw SqliteFailure.translate("cannot read " + path, path, e);
    } catch (IOException e) {
      throw FileFailure.translate("cannot read " + path, e);
    }
  }

  private Inspection inspect(Connection connection) throws SQLException {
    List<String> tables = Schema.tables(connection);
    boolean ours = tables.contains("schema_migrations");
    if (!ours && !tables.isEmpty()) {
      return new Inspection(
          Condition.FOREIGN,
          path + " is a database of another program",
          List.of(),
          "move the file away");
    }
    Set<Integer> applied = ours ? Schema.applied(connection) : Set.of();
    List<Integer> unknown = applied.stream().filter(id -> !schema.knows(id)).toList();
    if (!unknown.isEmpty()) {
      return newer(unknown, connection);
    }
    String integrity = check(connection, "quick_check");
    if (!integrity.equals("ok")) {
      return damaged(integrity);
    }
    if (!ours) {
      return Inspection.usable(Condition.MISSING, path + " is empty", List.of());
    }
    List<Migration> pending = schema.pending(applied);
    return pending.isEmpty()
        ? Inspection.usable(Condition.CURRENT, "schema " + schema.version(), List.of())
        : Inspection.usable(
            Condition.PENDING,
            pending.size() + " migrations to schema " + schema.version() + " are pending",
            pending);
  }

  private Inspection damaged(String detail) {
    return new Inspection(
        Condition.DAMAGED,
        path + " is damaged: " + detail,
        List.of(),
        "'banger daemon repair' shows what can be saved and saves it");
  }

  private Inspection newer(List<Integer> unknown, Connection connection) throws SQLException {
    int last = unknown.get(unknown.size() - 1);
    String release = Schema.release(connection, last);
    String maker = release == null ? "a newer banger" : "a newer banger, " + release;
    Path copy = copy(unknown.get(0));
    String restore =
        Files.exists(copy)
            ? ", or go back to the copy that it made before: banger daemon repair --from " + copy
            : "";
    return new Inspection(
        Condition.NEWER,
        "%s was made by %s: it has schema %d, this program knows %d"
            .formatted(path, maker, last, schema.version()),
        List.of(),
        "install " + (release == null ? "that version" : "banger " + release) + " again" + restore);
  }

  /**
   * As {@link #inspect}, and reads all that is in it, which takes longer than a start may.
   *
   * @throws BangerException as {@link #inspect} does
   */
  Inspection examine() {
    Inspection found = inspect();
    if (found.condition() != Condition.CURRENT && found.condition() != Condition.PENDING) {
      return found;
    }
    try (Connection connection = openReadOnly()) {
      String integrity = check(connection, "integrity_check");
      if (!integrity.equals("ok")) {
        return damaged(integrity);
      }
      for (RecordTable<?> table : List.of(RecordTable.IMAGES, RecordTable.MACHINES)) {
        int unreadable = table.unreadable(connection);
        if (unreadable > 0) {
          return damaged(unreadable + " records of the table " + table.name() + " are not whole");
        }
      }
      return found;
    } catch (SQLException e) {
      if (SqliteFailure.isDamage(e)) {
        return damaged(e.getMessage());
      }
      throw SqliteFailure.translate("cannot read " + path, path, e);
    }
  }

  /** What SQLite finds first with one of its checks: "ok" when that is nothing. */
  static String check(Connection connection, String pragma) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("PRAGMA " + pragma + "(1)")) {
      return row.next() ? row.getString(1) : "no answer";
    }
  }

  /** The copies that were kept, newest first. */
  List<StoreDiagnosis.Copy> copies() {
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(
            path.toAbsolutePath().getParent(),
            file -> file.getFileName().toString().matches(copyPattern()))) {
      List<StoreDiagnosis.Copy> copies = new ArrayList<>();
      for (Path file : files) {
        copies.add(beside(file).asCopy());
      }
      copies.sort(Comparator.comparing(StoreDiagnosis.Copy::keptAt).reversed());
      return copies;
    } catch (IOException e) {
      throw FileFailure.translate("cannot look for copies of " + path, e);
    }
  }

  private String copyPattern() {
    return Pattern.quote(path.getFileName() + BEFORE) + "\\d+";
  }

  /** What this file is worth as a copy. */
  private StoreDiagnosis.Copy asCopy() throws IOException {
    Instant keptAt = Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS).toInstant();
    try {
      Inspection found = examine();
      if (found.condition() == Condition.CURRENT || found.condition() == Condition.PENDING) {
        try (Connection connection = openReadOnly()) {
          return new StoreDiagnosis.Copy(
              path,
              keptAt,
              null,
              RecordTable.MACHINES.count(connection),
              RecordTable.IMAGES.count(connection));
        }
      }
      return new StoreDiagnosis.Copy(path, keptAt, found.detail(), 0, 0);
    } catch (SQLException | BangerException e) {
      return new StoreDiagnosis.Copy(path, keptAt, e.getMessage(), 0, 0);
    }
  }

  /** Puts a repaired database in its place that a daemon which died left on the way. */
  void finishReplacement() throws IOException {
    Replacement.finish(path.toAbsolutePath());
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

  private Path copy(int beforeMigration) {
    return Path.of(path + BEFORE + beforeMigration);
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
    Path copy = copy(beforeMigration);
    Path staged = Path.of(copy + ".new");
    Files.deleteIfExists(staged);
    Files.createFile(staged, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    try {
      vacuum(connection, staged);
      Files.move(staged, copy, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(staged);
    }
  }

  /** Makes a copy of the database as it is, without changing it. */
  void copyTo(Path place) throws SQLException, IOException {
    Files.createFile(place, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    try (Connection connection = openReadOnly()) {
      vacuum(connection, place);
    }
  }

  private static void vacuum(Connection connection, Path into) throws SQLException {
    try (PreparedStatement vacuum = connection.prepareStatement("VACUUM INTO ?")) {
      vacuum.setString(1, into.toString());
      vacuum.execute();
    }
  }
}
