// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class ConsoleLogBoundTest {
  @TempDir Path home;
  private Path log;
  private Path kept;

  @BeforeEach
  void nameFiles() {
    log = home.resolve("console.log");
    kept = home.resolve("console.log.1");
  }

  @Test
  void a_log_within_its_bound_is_left_alone() throws IOException {
    Files.writeString(log, "a".repeat(5000));

    ConsoleLogBound.cut(log, 5000);

    assertThat(log).hasContent("a".repeat(5000));
    assertThat(kept).doesNotExist();
  }

  @Test
  void a_log_beyond_its_bound_is_emptied_and_its_end_kept() throws IOException {
    Files.writeString(log, "a".repeat(5000) + "the end");

    ConsoleLogBound.cut(log, 5000);

    assertThat(log).isEmptyFile();
    assertThat(kept).hasContent("a".repeat(4993) + "the end");
  }

  @Test
  void no_more_than_a_mebibyte_is_kept() throws IOException {
    Files.writeString(log, "a".repeat(3 << 20) + "the end");

    ConsoleLogBound.cut(log, 2 << 20);

    assertThat(kept).content().hasSize(1 << 20).endsWith("the end");
  }

  @Test
  void what_was_kept_before_is_replaced() throws IOException {
    Files.writeString(kept, "z".repeat(9000));
    Files.writeString(log, "a".repeat(101));

    ConsoleLogBound.cut(log, 100);

    assertThat(kept).hasContent("a".repeat(100));
  }

  @Test
  void a_writer_that_appends_goes_on_at_the_new_end() throws IOException {
    try (OutputStream vmm =
        Files.newOutputStream(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      vmm.write("a".repeat(200).getBytes(StandardCharsets.US_ASCII));
      ConsoleLogBound.cut(log, 100);
      vmm.write("further".getBytes(StandardCharsets.US_ASCII));
    }

    assertThat(log).hasContent("further");
  }

  @Test
  void what_is_kept_is_for_its_owner_only() throws IOException {
    Files.writeString(log, "a".repeat(101));

    ConsoleLogBound.cut(log, 100);

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(kept)))
        .isEqualTo("rw-------");
  }

  @Test
  void what_is_kept_does_not_go_through_a_link() throws IOException {
    Path precious = Files.writeString(home.resolve("precious"), "precious");
    Files.createSymbolicLink(kept, precious);
    Files.writeString(log, "a".repeat(101));

    ConsoleLogBound.cut(log, 100);

    assertThat(precious).hasContent("precious");
    assertThat(kept).isRegularFile().hasContent("a".repeat(100));
    assertThat(Files.isSymbolicLink(kept)).isFalse();
  }

  @Test
  void a_log_that_is_not_there_cannot_be_cut() {
    assertThatThrownBy(() -> ConsoleLogBound.cut(log, 100)).isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void a_watched_log_is_cut_again_and_again_whatever_becomes_of_others() throws IOException {
    try (ConsoleLogBound bound = new ConsoleLogBound()) {
      Path impossible = Files.createDirectory(home.resolve("directory"));
      Files.createFile(impossible.resolve("file"));
      bound.watch(impossible, 0);
      bound.watch(home.resolve("none"), 0);
      Files.writeString(log, "a".repeat(101));
      bound.watch(log, 100);
      await(() -> size(log) == 0);

      Files.writeString(log, "b".repeat(102));
      await(() -> size(log) == 0);
      assertThat(kept).hasContent("b".repeat(100));
    }
  }

  @Test
  void a_forgotten_log_is_left_alone_while_others_are_cut() throws IOException {
    Path other = home.resolve("other");
    try (ConsoleLogBound bound = new ConsoleLogBound()) {
      Files.createFile(log);
      Files.createFile(other);
      bound.watch(log, 100);
      bound.watch(other, 100);
      bound.forget(log);
      Files.writeString(log, "a".repeat(101));
      Files.writeString(other, "a".repeat(101));

      await(() -> size(other) == 0);
      assertThat(log).hasContent("a".repeat(101));
    }
  }

  @Test
  void watching_starts_again_after_the_last_log_was_forgotten() throws IOException {
    try (ConsoleLogBound bound = new ConsoleLogBound()) {
      Files.writeString(log, "a".repeat(101));
      bound.watch(home.resolve("other"), 100);
      bound.forget(home.resolve("other"));
      await(() -> timers() == 0);

      bound.watch(log, 100);
      await(() -> size(log) == 0);
    }
    assertThat(log).isEmptyFile();
    await(() -> timers() == 0);
  }

  @Test
  void the_timer_ends_with_the_last_log_that_is_there_and_none_is_begun_after_the_end()
      throws IOException {
    try (ConsoleLogBound bound = new ConsoleLogBound()) {
      Files.createFile(log);
      bound.watch(log, 100);
      Files.delete(log); // by another one that ended the machine
      await(() -> timers() == 0);
      bound.close();
      Files.createFile(log);
      bound.watch(log, 100);
      assertThat(timers()).isZero();
    }
  }

  private static long timers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("console-log-bound"))
        .count();
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void await(BooleanSupplier condition) {
    Operation.background().within(Duration.ofSeconds(20)).await(condition, Duration.ofMillis(5));
  }
}
