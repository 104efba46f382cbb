// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteDatabaseTest {
  private static final Migration ONE =
      new Migration(
          1, "one", List.of("CREATE TABLE one (n INTEGER)", "INSERT INTO one VALUES (1)"));
  private static final Migration TWO =
      new Migration(2, "two", List.of("ALTER TABLE one ADD COLUMN m INTEGER DEFAULT 2"));
  private static final Migration FAILING =
      new Migration(
          2,
          "two",
          List.of(
              "ALTER TABLE one ADD COLUMN m INTEGER DEFAULT 2", "INSERT INTO nowhere VALUES (1)"));

  @TempDir Path directory;

  private Path file() {
    return directory.resolve("banger.db");
  }

  private SqliteDatabase database(Migration... migrations) {
    return new SqliteDatabase(file(), new Schema(List.of(migrations)), "1.0.0");
  }

  private static int number(SqliteDatabase database, String sql) {
    return database.read("ask", connection -> number(connection, sql));
  }

  private static int number(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      assertThat(row.next()).isTrue();
      return row.getInt(1);
    }
  }

  private Map<String, byte[]> files() throws IOException {
    Map<String, byte[]> contents = new TreeMap<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        contents.put(file.getFileName().toString(), Files.readAllBytes(file));
      }
    }
    return contents;
  }

  private static void assertCorrupt(Runnable call, String... words) {
    assertThatThrownBy(call::run)
        .hasMessageContainingAll(words)
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.CORRUPT);
  }

  @Test
  void makes_a_database_that_is_closed_to_others() throws IOException {
    SqliteDatabase database = database(ONE);
    assertThat(number(database, "SELECT n FROM one")).isEqualTo(1);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
        .isEqualTo("rw-------");
    database.close();
    assertThat(files()).containsOnlyKeys("banger.db");
  }

  @Test
  void sets_every_connection_up_alike() throws SQLException {
    SqliteDatabase database = database(ONE);
    number(database, "SELECT 1");
    for (int i = 0; i < 2; i++) {
      try (Connection connection = database.connect();
          Statement statement = connection.createStatement()) {
        assertThat(number(connection, "PRAGMA foreign_keys")).isEqualTo(1);
        assertThat(number(connection, "PRAGMA synchronous")).isEqualTo(2);
        assertThat(number(connection, "PRAGMA busy_timeout")).isEqualTo(5_000);
        try (ResultSet row = statement.executeQuery("PRAGMA journal_mode")) {
          assertThat(row.getString(1)).isEqualTo("wal");
        }
      }
    }
    database.close();
  }

  @Test
  void refuses_migrations_whose_ids_repeat_or_fall() {
    assertThatThrownBy(() -> new Schema(List.of(ONE, ONE)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Schema(List.of(TWO, ONE)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(new Schema(List.of(ONE, TWO)).version()).isEqualTo(2);
  }

  @Test
  void migrates_once_and_keeps_a_copy_of_what_was() throws Exception {
    database(ONE).close();
    SqliteDatabase first = database(ONE);
    number(first, "SELECT 1");
    first.close();
    SqliteDatabase second = database(ONE, TWO);
    assertThat(number(second, "SELECT m FROM one")).isEqualTo(2);
    second.close();
    SqliteDatabase third = database(ONE, TWO);
    assertThat(number(third, "SELECT COUNT(*) FROM schema_migrations")).isEqualTo(2);
    third.close();
    assertThat(files()).containsOnlyKeys("banger.db", "banger.db.before-2");
    Path copy = directory.resolve("banger.db.before-2");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(copy)))
        .isEqualTo("rw-------");
    Files.move(copy, file(), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    SqliteDatabase restored = database(ONE);
    assertThat(number(restored, "SELECT COUNT(*) FROM schema_migrations")).isEqualTo(1);
    assertThat(number(restored, "SELECT n FROM one")).isEqualTo(1);
    restored.close();
  }

  @Test
  void waits_with_a_migration_until_the_previous_release_cannot_return() throws Exception {
    SqliteDatabase old = database(ONE);
    assertThat(number(old, "SELECT n FROM one")).isEqualTo(1);
    old.close();
    Map<String, byte[]> before = files();
    AtomicBoolean trial = new AtomicBoolean(true);
    SqliteDatabase fresh =
        new SqliteDatabase(file(), new Schema(List.of(ONE, TWO)), "2.0.0", trial::get);
    CompletableFuture<Integer> answer =
        CompletableFuture.supplyAsync(() -> number(fresh, "SELECT m FROM one"));
    assertThatThrownBy(() -> answer.get(300, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
    assertThat(files()).usingRecursiveComparison().isEqualTo(before);
    trial.set(false);
    assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo(2);
    assertThat(files()).containsKey("banger.db.before-2");
    fresh.close();
  }

  @Test
  void a_release_that_is_given_up_has_not_touched_the_database() throws Exception {
    SqliteDatabase old = database(ONE);
    assertThat(number(old, "SELECT n FROM one")).isEqualTo(1);
    old.close();
    SqliteDatabase fresh =
        new SqliteDatabase(file(), new Schema(List.of(ONE, TWO)), "2.0.0", () -> true);
    CompletableFuture<Integer> answer =
        CompletableFuture.supplyAsync(() -> number(fresh, "SELECT m FROM one"));
    assertThatThrownBy(() -> answer.get(100, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
    fresh.close();
    assertThatThrownBy(() -> answer.get(10, TimeUnit.SECONDS))
        .cause()
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.UPDATING);
    SqliteDatabase returned = database(ONE);
    assertThat(number(returned, "SELECT n FROM one")).isEqualTo(1);
    returned.close();
  }

  @Test
  void a_database_that_need_not_be_migrated_is_used_on_trial_too() {
    SqliteDatabase old = database(ONE);
    assertThat(number(old, "SELECT n FROM one")).isEqualTo(1);
    old.close();
    SqliteDatabase fresh =
        new SqliteDatabase(file(), new Schema(List.of(ONE)), "2.0.0", () -> true);
    assertThat(number(fresh, "SELECT n FROM one")).isEqualTo(1);
    fresh.close();
  }

  @Test
  void the_trial_is_over_with_the_journal_and_only_one_of_the_daemon_itself() throws IOException {
    Path journal = Files.createDirectories(directory.resolve("update")).resolve("journal");
    ReleaseTrial trial = new ReleaseTrial("1", directory.toString());
    assertThat(trial.goesOn()).isFalse();
    Files.writeString(journal, "trial");
    assertThat(trial.goesOn()).isTrue();
    assertThat(new ReleaseTrial(null, directory.toString()).goesOn()).isFalse();
    assertThat(new ReleaseTrial(null, null).goesOn()).isFalse();
  }

  @Test
  void undoes_a_migration_that_fails_and_can_go_on_later() {
    SqliteDatabase first = database(ONE);
    number(first, "SELECT 1");
    first.close();
    SqliteDatabase failing = database(ONE, FAILING);
    assertThatThrownBy(() -> number(failing, "SELECT 1")).hasMessageContaining("nowhere");
    assertThatThrownBy(() -> number(failing, "SELECT 1")).hasMessageContaining("nowhere");
    failing.close();
    SqliteDatabase old = database(ONE);
    assertThat(number(old, "SELECT COUNT(*) FROM pragma_table_info('one')")).isEqualTo(1);
    old.close();
    SqliteDatabase mended = database(ONE, TWO);
    assertThat(number(mended, "SELECT m FROM one")).isEqualTo(2);
    mended.close();
  }

  @Test
  void refuses_a_newer_schema_and_leaves_every_byte() throws Exception {
    SqliteDatabase newer = database(ONE, TWO);
    number(newer, "SELECT 1");
    newer.close();
    Map<String, byte[]> before = files();
    SqliteDatabase older = database(ONE);
    assertCorrupt(
        () -> number(older, "SELECT 1"),
        "made by a newer banger, 1.0.0",
        "has schema 2",
        "knows 1",
        "install banger 1.0.0 again");
    older.close();
    assertThat(files()).usingRecursiveComparison().isEqualTo(before);
  }

  @Test
  void refuses_a_newer_schema_whose_daemon_died_and_leaves_its_files() throws Exception {
    Path elsewhere = directory.resolveSibling(directory.getFileName() + "-live");
    Files.createDirectories(elsewhere);
    SqliteDatabase newer =
        new SqliteDatabase(elsewhere.resolve("banger.db"), new Schema(List.of(ONE, TWO)), "2.0.0");
    number(newer, "SELECT 1");
    // What kill -9 leaves: everything is still in the write-ahead log.
    for (String name : List.of("banger.db", "banger.db-wal")) {
      Files.copy(elsewhere.resolve(name), directory.resolve(name));
    }
    byte[] main = Files.readAllBytes(file());
    byte[] log = Files.readAllBytes(directory.resolve("banger.db-wal"));
    assertThat(log).isNotEmpty();
    SqliteDatabase older = database(ONE);
    assertCorrupt(() -> number(older, "SELECT 1"), "made by a newer banger, 2.0.0");
    older.close();
    assertThat(Files.readAllBytes(file())).isEqualTo(main);
    assertThat(Files.readAllBytes(directory.resolve("banger.db-wal"))).isEqualTo(log);
    newer.close();
  }

  @Test
  void refuses_what_is_not_a_database_and_deletes_nothing() throws IOException {
    Files.writeString(file(), "This is a shopping list, and a long one at that.\n".repeat(100));
    Map<String, byte[]> before = files();
    SqliteDatabase database = database(ONE);
    assertCorrupt(() -> number(database, "SELECT 1"), "is damaged", "not touched", "daemon repair");
    assertThat(files()).usingRecursiveComparison().isEqualTo(before);
    // The person mends it while the daemon runs.
    Files.delete(file());
    assertThat(number(database, "SELECT n FROM one")).isEqualTo(1);
    database.close();
  }

  @Test
  void refuses_a_database_with_damaged_pages() throws IOException {
    SqliteDatabase first = database(ONE);
    first.write(
        "fill",
        connection -> {
          try (Statement statement = connection.createStatement()) {
            return statement.executeUpdate(
                "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers"
                    + " WHERE n < 20000) INSERT INTO one SELECT n FROM numbers");
          }
        });
    first.close();
    byte[] bytes = Files.readAllBytes(file());
    java.util.Arrays.fill(bytes, bytes.length / 2, bytes.length / 2 + 8192, (byte) 0x5a);
    Files.write(file(), bytes);
    Map<String, byte[]> before = files();
    SqliteDatabase damaged = database(ONE);
    assertCorrupt(() -> number(damaged, "SELECT 1"), "is damaged");
    assertThat(files()).usingRecursiveComparison().isEqualTo(before);
  }

  @Test
  void refuses_the_database_of_another_program() throws Exception {
    SQLiteFiles.execute(file(), "CREATE TABLE bookmarks (url TEXT)");
    Map<String, byte[]> before = files();
    SqliteDatabase database = database(ONE);
    assertCorrupt(() -> number(database, "SELECT 1"), "another program");
    assertThat(files()).usingRecursiveComparison().isEqualTo(before);
  }

  @Test
  void starts_anew_in_a_file_that_a_power_loss_left_empty() throws IOException {
    Files.createFile(file());
    SqliteDatabase database = database(ONE);
    assertThat(number(database, "SELECT n FROM one")).isEqualTo(1);
    database.close();
  }

  @Test
  void lets_another_process_write_between_its_transactions() throws Exception {
    SqliteDatabase database = database(ONE);
    number(database, "SELECT 1");
    SQLiteFiles.execute(file(), "INSERT INTO one VALUES (5)");
    assertThat(number(database, "SELECT MAX(n) FROM one")).isEqualTo(5);
    database.close();
  }

  @Test
  void finishes_a_running_transaction_before_it_closes() throws Exception {
    SqliteDatabase database = database(ONE);
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Thread writer =
        new Thread(
            () ->
                database.write(
                    "wait",
                    connection -> {
                      inside.countDown();
                      try (Statement statement = connection.createStatement()) {
                        goOn.await(10, TimeUnit.SECONDS);
                        return statement.executeUpdate("INSERT INTO one VALUES (7)");
                      } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                      }
                    }));
    writer.start();
    inside.await();
    Thread closer = new Thread(database::close);
    closer.start();
    goOn.countDown();
    closer.join();
    writer.join();
    assertThatThrownBy(() -> number(database, "SELECT 1"))
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.UPDATING);
    SqliteDatabase again = database(ONE);
    assertThat(number(again, "SELECT MAX(n) FROM one")).isEqualTo(7);
    again.close();
  }
}
