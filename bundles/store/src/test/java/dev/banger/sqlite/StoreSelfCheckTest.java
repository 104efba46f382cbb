// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreSelfCheckTest {
  private static final Schema OLD = Schema.CURRENT.upTo(2);

  @TempDir Path directory;

  private Path file() {
    return directory.resolve("banger.db");
  }

  private Path copies() {
    return directory.resolve("copies");
  }

  private SqliteDatabase database(Schema schema) {
    return new SqliteDatabase(file(), schema, "1.0.0");
  }

  private byte[] made(Schema schema) throws IOException {
    SqliteDatabase database = database(schema);
    assertThat(database.<Integer>read("open", connection -> 1)).isOne();
    database.close();
    return Files.readAllBytes(file());
  }

  private static Schema withMore(String... statements) {
    List<Migration> migrations = new ArrayList<>(Schema.CURRENT.pending(Set.of()));
    migrations.add(new Migration(99, "more", List.of(statements)));
    return new Schema(migrations);
  }

  private void check(SqliteDatabase database, Path rehearsedFor) {
    try {
      new StoreSelfCheck(database, copies(), rehearsedFor).check(Operation.background());
    } finally {
      database.close();
      assertThat(copies()).doesNotExist();
    }
  }

  @Test
  void reads_a_database_that_it_has() throws IOException {
    byte[] before = made(Schema.CURRENT);
    check(database(Schema.CURRENT), null);
    assertThat(Files.readAllBytes(file())).isEqualTo(before);
  }

  @Test
  void migrates_a_copy_only() throws IOException {
    byte[] before = made(OLD);
    check(database(Schema.CURRENT), null);
    assertThat(Files.readAllBytes(file())).isEqualTo(before);
    assertThat(directory).isDirectoryNotContaining("glob:**.before-*");
  }

  @Test
  void makes_no_database_where_there_is_none() {
    check(database(Schema.CURRENT), null);
    assertThat(file()).doesNotExist();
  }

  @Test
  void refuses_when_the_database_could_not_be_migrated() throws IOException {
    byte[] before = made(OLD);
    assertThatThrownBy(() -> check(database(withMore("INSERT INTO nowhere VALUES (1)")), null))
        .hasMessageContainingAll("banger.db cannot be used by this release", "nowhere");
    assertThat(Files.readAllBytes(file())).isEqualTo(before);
  }

  @Test
  void refuses_when_a_migration_leaves_records_that_cannot_be_read() throws Exception {
    SqliteDatabase old = database(Schema.CURRENT);
    new SqliteImageStore(old).insert(Records.IMAGE);
    old.close();
    assertThatThrownBy(() -> check(database(withMore("UPDATE images SET document = 'gone'")), null))
        .hasMessageContaining("1 records of the table images");
  }

  @Test
  void refuses_a_database_of_a_newer_release() throws IOException {
    byte[] before = made(Schema.CURRENT);
    assertThat(before).isNotEmpty();
    assertThatThrownBy(() -> check(database(OLD), null))
        .hasMessageContaining("made by a newer banger");
  }

  @Test
  void a_damaged_database_says_nothing_of_a_release() throws IOException {
    Files.writeString(file(), "no database at all".repeat(100));
    assertThatCode(() -> check(database(Schema.CURRENT), null)).doesNotThrowAnyException();
  }

  @Test
  void a_rehearsal_looks_at_the_database_of_the_daemon_that_is_at_work() throws IOException {
    byte[] before = made(OLD);
    SqliteDatabase rehearsal =
        new SqliteDatabase(
            directory.resolve("rehearsal.db"), withMore("INSERT INTO nowhere VALUES (1)"), "2.0.0");
    assertThatThrownBy(() -> check(rehearsal, file())).hasMessageContaining("nowhere");
    SqliteDatabase older =
        new SqliteDatabase(directory.resolve("rehearsal.db"), Schema.CURRENT.upTo(1), "0.9.0");
    assertThatThrownBy(() -> check(older, file())).hasMessageContaining("made by a newer banger");
    assertThat(Files.readAllBytes(file())).isEqualTo(before);
  }

  @Test
  void a_rehearsal_without_room_for_a_copy_leaves_the_answer_to_the_trial() throws IOException {
    byte[] before = made(OLD);
    Path full = Files.createFile(directory.resolve("No space left on device")).resolve("copies");
    SqliteDatabase rehearsal =
        new SqliteDatabase(directory.resolve("rehearsal.db"), Schema.CURRENT, "2.0.0");
    assertThatCode(() -> new StoreSelfCheck(rehearsal, full, file()).check(Operation.background()))
        .doesNotThrowAnyException();
    rehearsal.close();
    SqliteDatabase trial = database(Schema.CURRENT);
    assertThatThrownBy(() -> new StoreSelfCheck(trial, full, null).check(Operation.background()))
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.NO_SPACE);
    trial.close();
    assertThat(Files.readAllBytes(file())).isEqualTo(before);
  }

  @Test
  void the_jar_tells_its_schema() throws IOException {
    try (InputStream in = Files.newInputStream(Path.of("target/classes/META-INF/MANIFEST.MF"))) {
      assertThat(new Manifest(in).getMainAttributes().getValue("Banger-Schema"))
          .isEqualTo(String.valueOf(Schema.CURRENT.version()));
    }
  }
}
