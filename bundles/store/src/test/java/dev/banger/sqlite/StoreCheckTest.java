// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.doctor.Finding;
import dev.banger.doctor.Finding.Status;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreCheckTest {
  @TempDir Path directory;
  private long free = 10L << 30;

  private Finding finding(String check) {
    StoreCheck checked = new StoreCheck(directory, file(), path -> free);
    return checked.examine(Operation.background()).stream()
        .filter(finding -> finding.check().equals(check))
        .findFirst()
        .orElseThrow();
  }

  private Path file() {
    return directory.resolve("banger.db");
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void passes_without_a_database_and_makes_none() throws IOException {
    assertThat(finding("store").status()).isEqualTo(Status.PASS);
    assertThat(names()).isEmpty();
  }

  @Test
  void passes_a_current_database_in_use_and_at_rest() throws IOException {
    SqliteDatabase database = new SqliteDatabase(file(), Schema.CURRENT, "1.0.0");
    new SqliteImageStore(database).insert(Records.IMAGE);
    assertThat(finding("store").status()).isEqualTo(Status.PASS);
    database.close();
    assertThat(finding("store").status()).isEqualTo(Status.PASS);
    assertThat(names()).containsExactly("banger.db");
  }

  @Test
  void warns_of_pending_migrations_and_applies_none() throws Exception {
    SQLiteFiles.execute(
        file(),
        "CREATE TABLE schema_migrations (id INTEGER PRIMARY KEY, name TEXT, applied_at TEXT)");
    byte[] before = Files.readAllBytes(file());
    assertThat(finding("store").status()).isEqualTo(Status.WARN);
    assertThat(Files.readAllBytes(file())).isEqualTo(before);
    assertThat(names()).containsExactly("banger.db");
  }

  @Test
  void fails_a_newer_and_a_damaged_database_with_the_way_out() throws Exception {
    SqliteDatabase newer =
        new SqliteDatabase(
            file(), new Schema(List.of(new Migration(99, "later", List.of("SELECT 1")))), "9.0.0");
    newer.read("open", connection -> 1);
    newer.close();
    assertThat(finding("store").status()).isEqualTo(Status.FAIL);
    assertThat(finding("store").detail()).contains("newer banger");
    Files.writeString(file(), "no database at all".repeat(100));
    assertThat(finding("store").status()).isEqualTo(Status.FAIL);
    assertThat(finding("store").remedy()).contains("banger daemon repair");
  }

  @Test
  void names_a_disk_that_is_short_of_room() {
    assertThat(finding("disk-space").status()).isEqualTo(Status.PASS);
    free = (2L << 30) - 1;
    assertThat(finding("disk-space").status()).isEqualTo(Status.WARN);
    free = (100L << 20) - 1;
    assertThat(finding("disk-space").status()).isEqualTo(Status.FAIL);
  }

  @Test
  void fails_a_home_that_is_not_there_to_be_written() {
    StoreCheck check =
        new StoreCheck(
            directory.resolve("missing"), directory.resolve("missing/banger.db"), path -> free);
    assertThat(check.examine(Operation.background()).get(0).status()).isEqualTo(Status.FAIL);
  }
}
