// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import dev.banger.operation.Operation;
import dev.banger.sqlite.RecordTable.Standing;
import dev.banger.store.StoreDiagnosis;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/**
 * A new database, made beside the damaged one of the rows that can be read. What is read is always
 * a copy, because SQLite changes a database that it reads: it folds the write-ahead log in.
 */
final class Rebuild implements AutoCloseable {
  private final Path directory;
  private final Path built;
  private final Schema schema;
  private final String release;
  private final Operation operation;

  /**
   * @param directory for the files on the way; emptied, and removed at the end
   */
  Rebuild(Path directory, Schema schema, String release, Operation operation) throws IOException {
    this.directory = directory;
    this.built = directory.resolve("built.db");
    this.schema = schema;
    this.release = release;
    this.operation = operation;
    close();
    Files.createDirectory(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  /**
   * Builds the database of what can be read in a damaged one, and of what it lacks in copies.
   *
   * @return what came from where
   */
  List<StoreDiagnosis.Source> ofDamaged(Path damaged, List<Path> copies)
      throws IOException, SQLException {
    List<StoreDiagnosis.Source> sources = new ArrayList<>();
    if (Files.isRegularFile(damaged)) {
      Path source = damagedCopy(damaged);
      Schema its = schemaOf(source);
      create(its);
      if (!listsItsTables(source)) {
        source = damagedCopy(damaged); // with its log, which the look may have folded in
        FirstPage.renew(source, built);
      }
      sources.add(take(source, damaged, Set.of(Standing.WHOLE, Standing.GONE)));
      addCopies(copies, its, sources);
    } else {
      create(schema);
      addCopies(copies, schema, sources);
    }
    verify();
    sources.removeIf(source -> source.machines() + source.images() + source.events() == 0);
    return sources;
  }

  /** Builds the database of a copy alone. */
  List<StoreDiagnosis.Source> ofCopy(Path copy) throws IOException, SQLException {
    List<StoreDiagnosis.Source> sources = new ArrayList<>();
    create(schema);
    addCopies(List.of(copy), schema, sources);
    verify();
    return sources;
  }

  /** The new database, complete and synced. */
  Path built() {
    return built;
  }

  private void addCopies(List<Path> copies, Schema target, List<StoreDiagnosis.Source> sources)
      throws IOException, SQLException {
    for (Path copy : copies) {
      Path source = duplicate(copy);
      try (Connection connection = connect(source)) {
        target.migrate(connection, release);
      }
      sources.add(take(source, copy, Set.of(Standing.WHOLE)));
    }
  }

  /** A copy with its write-ahead log. */
  private Path duplicate(Path file) throws IOException {
    Path source = directory.resolve("source.db");
    for (String part : List.of("", "-wal", "-shm", "-journal")) {
      Files.deleteIfExists(Path.of(source + part));
    }
    for (String part : List.of("", "-wal")) {
      try {
        Files.copy(
            Path.of(file + part), Path.of(source + part), StandardCopyOption.COPY_ATTRIBUTES);
      } catch (NoSuchFileException e) {
        if (part.isEmpty()) {
          throw e;
        }
      }
    }
    return source;
  }

  private Path damagedCopy(Path damaged) throws IOException {
    operation.check();
    return duplicate(damaged);
  }

  /** The schema of a damaged database; ours when that cannot be read. */
  private Schema schemaOf(Path source) throws SQLException {
    try (Connection connection = connect(source)) {
      Set<Integer> applied = Schema.applied(connection);
      return applied.isEmpty() ? schema : schema.upTo(Collections.max(applied));
    } catch (SQLException e) {
      if (SqliteFailure.isUnreadable(e)) {
        return schema;
      }
      throw e;
    }
  }

  private static boolean listsItsTables(Path source) throws SQLException {
    try (Connection connection = connect(source)) {
      return Schema.tables(connection).contains(RecordTable.MACHINES.name());
    } catch (SQLException e) {
      if (SqliteFailure.isUnreadable(e)) {
        return false;
      }
      throw e;
    }
  }

  private void create(Schema its) throws IOException, SQLException {
    new DatabaseFile(built, its).createIfMissing();
    try (Connection connection = connect(built)) {
      its.migrate(connection, release);
    }
  }

  private StoreDiagnosis.Source take(Path source, Path named, Set<Standing> wanted)
      throws SQLException {
    try (Connection from = connect(source);
        Connection to = connect(built)) {
      int[] unreadable = {0};
      int images = take(RecordTable.IMAGES, from, to, wanted, unreadable);
      int machines = take(RecordTable.MACHINES, from, to, wanted, unreadable);
      int events = take(RecordTable.EVENTS, from, to, wanted, unreadable);
      return new StoreDiagnosis.Source(named, machines, images, events, unreadable[0]);
    }
  }

  private int take(
      RecordTable<?> table, Connection from, Connection to, Set<Standing> wanted, int[] unreadable)
      throws SQLException {
    List<String> columns = Schema.columns(to, table.name());
    if (columns.isEmpty()) {
      return 0; // of a later schema than the damaged database
    }
    String sql =
        "INSERT OR IGNORE INTO %s (%s) VALUES (%s)"
            .formatted(
                table.name(),
                String.join(", ", columns),
                String.join(", ", Collections.nCopies(columns.size(), "?")));
    return Transaction.WRITE.run(
        to,
        within -> {
          int[] taken = {0};
          try (PreparedStatement insert = within.prepareStatement(sql)) {
            new ReadableRows(from, table.name(), columns)
                .forEach(
                    row -> {
                      operation.check();
                      Standing standing = table.standing(row);
                      Optional<Integer> inserted =
                          wanted.contains(standing)
                              ? insert(insert, asFound(table, row, wanted))
                              : Optional.of(0);
                      if (standing == Standing.UNREADABLE || inserted.isEmpty()) {
                        unreadable[0]++;
                      }
                      taken[0] += inserted.orElse(0);
                    });
          }
          return taken[0];
        });
  }

  private static Map<String, Object> asFound(
      RecordTable<?> table, Map<String, Object> row, Set<Standing> wanted) {
    boolean old = !wanted.contains(Standing.GONE);
    try {
      return old && table.equals(RecordTable.MACHINES) ? CopiedMachine.asFound(row) : row;
    } catch (IOException e) {
      throw FileFailure.translate("cannot see whether a machine was started", e);
    }
  }

  /** How many rows were inserted: none when it is there; empty when a value has the wrong type. */
  private static Optional<Integer> insert(PreparedStatement insert, Map<String, Object> row)
      throws SQLException {
    int column = 1;
    for (Object value : row.values()) {
      insert.setObject(column++, value);
    }
    try {
      return Optional.of(insert.executeUpdate());
    } catch (SQLException e) {
      if (SqliteFailure.isRefusal(e)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private void verify() throws SQLException, IOException {
    try (Connection connection = connect(built)) {
      String integrity = DatabaseFile.check(connection, "integrity_check");
      if (!integrity.equals("ok")) {
        throw new SQLException("the rebuilt database is not sound: " + integrity);
      }
    }
    try (FileChannel channel = FileChannel.open(built, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  /**
   * Neither with a write-ahead log, which the file would have to be moved with, nor with references
   * enforced: an image's record may be lost, and comes back from the image's directory.
   */
  private static Connection connect(Path file) throws SQLException {
    NativeLibrary.load();
    SQLiteConfig config = new SQLiteConfig();
    // Nothing else here: SQLite would read the list of tables for it. It syncs by default.
    config.enforceForeignKeys(false);
    SQLiteDataSource source = new SQLiteDataSource(config);
    source.setUrl("jdbc:sqlite:" + file.toAbsolutePath());
    Connection connection = source.getConnection();
    try (Statement statement = connection.createStatement()) {
      // SQLite then opens what has a damaged list of tables, or fewer pages than it should have.
      statement.execute("PRAGMA writable_schema = ON");
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /** Removes the files on the way. */
  @Override
  public void close() throws IOException {
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
        for (Path file : files) {
          Files.delete(file);
        }
      }
    }
    Files.delete(directory);
  }
}
