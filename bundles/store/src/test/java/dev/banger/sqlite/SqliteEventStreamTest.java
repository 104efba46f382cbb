// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.event.Event;
import java.nio.file.Path;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteEventStreamTest {
  @TempDir Path directory;
  private SqliteDatabase database;
  private SqliteEventStream events;

  @BeforeEach
  void open() {
    database = new SqliteDatabase(directory.resolve("banger.db"), Schema.CURRENT, "1.0.0");
    events = new SqliteEventStream(database, new EventListeners());
  }

  @AfterEach
  void close() throws InterruptedException {
    events.leave();
    database.close();
  }

  private static Event event(String kind, String vm) {
    return new Event(
        0, Records.SOME_TIME, kind, "id-" + vm, vm, "op-1", Map.of("error", "it \"broke\"\n"));
  }

  private static List<String> kinds(List<Event> events) {
    return events.stream().map(Event::kind).toList();
  }

  @Test
  void what_was_appended_is_read_at_once_in_its_order() {
    IntStream.range(0, 500).forEach(i -> events.append(event("e" + i, "one")));

    List<Event> all = events.after(0, null, 1000);

    assertThat(kinds(all)).isEqualTo(IntStream.range(0, 500).mapToObj(i -> "e" + i).toList());
    assertThat(all).extracting(Event::number).isSorted().doesNotHaveDuplicates();
    assertThat(all.get(7)).isEqualTo(event("e7", "one").numbered(all.get(7).number()));
    assertThat(events.lastNumber()).isEqualTo(all.get(499).number());
  }

  @Test
  void readers_choose_machine_place_and_count() {
    events.append(event("a", "one"));
    events.append(event("b", "two"));
    events.append(event("c", "one"));
    events.append(event("d", "one"));
    long first = events.after(0, null, 1).get(0).number();

    assertThat(kinds(events.after(first, "id-one", 10))).containsExactly("c", "d");
    assertThat(kinds(events.after(first, null, 2))).containsExactly("b", "c");
    assertThat(kinds(events.latest("id-one", 2))).containsExactly("c", "d");
    assertThat(events.latest("id-three", 2)).isEmpty();
  }

  @Test
  void a_name_leads_to_the_machine_that_bore_it_last() {
    events.append(new Event(0, Records.SOME_TIME, "deleted", "first", "web", "op-1", Map.of()));
    events.append(new Event(0, Records.SOME_TIME, "created", "second", "web", "op-2", Map.of()));

    assertThat(events.lastNamed("web")).isEqualTo("second");
    assertThat(events.lastNamed("db")).isNull();
  }

  @Test
  void they_are_there_after_a_restart_and_numbers_go_on() throws InterruptedException {
    events.append(event("a", "one"));
    close();
    open();
    events.append(event("b", "one"));

    List<Event> all = events.after(0, null, 10);
    assertThat(kinds(all)).containsExactly("a", "b");
    assertThat(all.get(1).number()).isGreaterThan(all.get(0).number());
  }

  @Test
  void only_the_latest_are_kept() throws InterruptedException {
    events.leave();
    events = new SqliteEventStream(database, new EventListeners(), 3);
    IntStream.range(0, 10).forEach(i -> events.append(event("e" + i, "one")));

    assertThat(kinds(events.after(0, null, 100))).containsExactly("e7", "e8", "e9");
  }

  @Test
  void a_damaged_row_hides_no_other() {
    events.append(event("a", "one"));
    events.append(event("b", "one"));
    events.append(event("c", "one"));
    long second = events.after(0, null, 3).get(1).number();
    database.write(
        "damage a row",
        connection -> {
          try (Statement statement = connection.createStatement()) {
            return statement.executeUpdate(
                "UPDATE events SET document = '{' WHERE number = " + second);
          }
        });

    assertThat(kinds(events.after(0, null, 10))).containsExactly("a", "c");
  }

  @Test
  void appending_waits_for_no_writer_and_survives_one_that_fails() throws Exception {
    CountDownLatch held = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    Thread writer =
        new Thread(
            () ->
                database.write(
                    "hold the lock",
                    connection -> {
                      held.countDown();
                      try {
                        release.await();
                      } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                      }
                      return 0;
                    }));
    writer.start();
    held.await();
    events.append(event("a", "one"));
    release.countDown();
    writer.join();
    assertThat(kinds(events.after(0, null, 10))).containsExactly("a");

    execute("ALTER TABLE events RENAME TO hidden");
    events.append(event("lost", "one"));
    events.leave();
    execute("ALTER TABLE hidden RENAME TO events");
    events = new SqliteEventStream(database, new EventListeners());
    events.append(event("b", "one"));
    assertThat(kinds(events.after(0, null, 10))).containsExactly("a", "b");
  }

  private void execute(String sql) {
    database.write(
        "prepare the test",
        connection -> {
          try (Statement statement = connection.createStatement()) {
            return statement.execute(sql);
          }
        });
  }
}
