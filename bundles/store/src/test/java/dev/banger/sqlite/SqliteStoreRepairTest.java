// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.event.Event;
import dev.banger.image.Image;
import dev.banger.operation.Operation;
import dev.banger.store.StoreDiagnosis;
import dev.banger.store.StoreDiagnosis.Condition;
import dev.banger.store.StoreDiagnosis.Source;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteStoreRepairTest {
  private static final int PAGE = 4096;
  private static final Instant NOW = Instant.parse("2026-02-03T04:05:06Z");
  private static final Schema FIRST = Schema.CURRENT.upTo(1);

  @TempDir Path directory;

  private SqliteDatabase database;

  @BeforeEach
  void open() {
    open(Schema.CURRENT);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private void open(Schema schema) {
    database = new SqliteDatabase(file(), schema, "1.0.0");
  }

  private Path file() {
    return directory.resolve("banger.db");
  }

  private Path damaged() {
    return directory.resolve("banger.db.damaged-20260203T040506");
  }

  private Path firstCopy() {
    return directory.resolve("banger.db.before-2");
  }

  private SqliteStoreRepair repair() {
    return new SqliteStoreRepair(database, () -> NOW);
  }

  private StoreDiagnosis examine() {
    return repair().examine(null, Operation.background());
  }

  private Path repaired(StoreDiagnosis shown) {
    return repair().repair(shown, null, Operation.background());
  }

  private List<Vm> machines() {
    return new SqliteVmStore(database).list();
  }

  private List<Image> images() {
    return new SqliteImageStore(database).list();
  }

  private List<String> names() throws IOException {
    return files().keySet().stream().toList();
  }

  private Map<String, byte[]> files() throws IOException {
    Map<String, byte[]> contents = new TreeMap<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        contents.put(file.getFileName().toString(), Files.readAllBytes(file));
      }
    }
    return contents;
  }

  private void fill(int machines) {
    new SqliteImageStore(database).insert(Records.IMAGE);
    boolean current =
        database.read("look", connection -> Schema.tables(connection).contains("published_ports"));
    SqliteVmStore vms = new SqliteVmStore(database);
    IntStream.rangeClosed(1, machines)
        .mapToObj(i -> Records.vm(i, "vm" + i))
        .forEach(vm -> Objects.requireNonNull(current ? vms.reserve(all -> vm) : inserted(vm)));
  }

  /** As a program does that knows nothing of published ports. */
  private Vm inserted(Vm vm) {
    database.write(
        "write as an older program",
        connection -> {
          try (var insert =
              connection.prepareStatement("INSERT INTO vms VALUES (?, ?, ?, ?, ?, ?, ?)")) {
            insert.setString(1, vm.id());
            insert.setString(2, vm.name());
            insert.setString(3, vm.imageId());
            insert.setString(4, vm.state().name().toLowerCase(Locale.ROOT));
            insert.setInt(5, vm.network().sshPort());
            insert.setLong(6, vm.createdAt().toEpochMilli());
            insert.setString(7, new RecordCodec<>(Vm.class).encode(vm));
            return insert.executeUpdate();
          }
        });
    return vm;
  }

  private void fillEvents(int count) throws InterruptedException {
    SqliteEventStream events = new SqliteEventStream(database, new EventListeners());
    for (int i = 0; i < count; i++) {
      events.append(
          new Event(0, Records.SOME_TIME, Event.CREATED, "0000", "vm" + i, "op-1", Map.of()));
    }
    events.leave();
  }

  private void damage(long offset, int length) throws IOException {
    byte[] garbage = new byte[length];
    Arrays.fill(garbage, (byte) 0x5a);
    try (FileChannel channel = FileChannel.open(file(), StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(garbage), offset);
    }
  }

  private void assertRefused() {
    assertThatThrownBy(this::machines)
        .hasMessageContainingAll("is damaged", "not touched", "banger daemon repair")
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.CORRUPT);
  }

  /** A page as SQLite itself describes it. */
  private record Page(int number, String of, String type, int cells) {
    boolean isLeafOf(String table) {
      return of.equals(table) && type.equals("leaf");
    }
  }

  private List<Page> pages() {
    return database.read(
        "look at the pages",
        connection -> {
          List<Page> pages = new ArrayList<>();
          try (Statement statement = connection.createStatement();
              ResultSet rows =
                  statement.executeQuery("SELECT pageno, name, pagetype, ncell FROM dbstat")) {
            while (rows.next()) {
              pages.add(
                  new Page(rows.getInt(1), rows.getString(2), rows.getString(3), rows.getInt(4)));
            }
          }
          return pages;
        });
  }

  /** All pages of machines, and of everything else one of a kind. */
  private static List<Page> differing(List<Page> pages) {
    Map<String, Page> differing = new TreeMap<>();
    pages.forEach(
        page -> {
          String kind = page.of() + page.type() + (page.of().equals("vms") ? page.number() : "");
          differing.put(kind, page);
        });
    return List.copyOf(differing.values());
  }

  @Test
  void finds_nothing_to_do_for_a_sound_database_and_changes_nothing() throws IOException {
    fill(3);
    database.close();
    open();
    Map<String, byte[]> before = files();
    StoreDiagnosis found = examine();
    assertThat(found.condition()).isEqualTo(Condition.SOUND);
    assertThat(found.repairable()).isFalse();
    assertThatThrownBy(() -> repaired(found))
        .hasMessageContaining("nothing to repair")
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.BAD_REQUEST);
    assertThat(files()).usingRecursiveComparison().isEqualTo(before);
    assertThat(machines()).hasSize(3);
  }

  @Test
  void finds_nothing_to_do_without_a_database_and_makes_none() throws IOException {
    assertThat(examine().condition()).isEqualTo(Condition.MISSING);
    assertThat(examine().repairable()).isFalse();
    assertThat(names()).isEmpty();
  }

  @Test
  void loses_the_records_of_a_damaged_page_and_no_others_whichever_page_it_is() throws Exception {
    fill(12);
    fillEvents(20);
    List<Vm> machines = machines();
    List<Page> pages = pages();
    assertThat(pages).anyMatch(page -> page.isLeafOf("vms") && page.number() > 15);
    database.close();
    byte[] sound = Files.readAllBytes(file());
    for (Page page : differing(pages)) {
      Files.write(file(), sound);
      damage((page.number() - 1L) * PAGE, PAGE);
      open();
      StoreDiagnosis found = examine();
      assertThat(found.condition()).as("%s", page).isEqualTo(Condition.DAMAGED);
      assertThat(Files.exists(damaged())).isFalse();
      byte[] before = Files.readAllBytes(file());

      assertThat(repaired(found)).isEqualTo(damaged());

      assertThat(Files.readAllBytes(damaged())).as("%s", page).isEqualTo(before);
      assertThat(machines).as("%s", page).containsAll(machines());
      boolean inner = page.of().equals("vms") && !page.isLeafOf("vms");
      int lost = page.isLeafOf("vms") ? page.cells() : 0;
      if (!inner) {
        assertThat(machines()).as("%s", page).hasSize(machines.size() - lost);
      }
      assertThat(images()).as("%s", page).hasSize(page.isLeafOf("images") ? 0 : 1);
      assertThat(examine().condition()).as("%s", page).isEqualTo(Condition.SOUND);
      database.close();
      Files.delete(damaged());
      assertThat(names()).containsExactly("banger.db");
    }
  }

  @Test
  void reads_what_lies_between_two_damaged_pages() throws Exception {
    fill(16);
    List<Page> leaves = pages().stream().filter(page -> page.isLeafOf("vms")).toList();
    Page first = leaves.get(0);
    Page last = leaves.get(leaves.size() - 1);
    database.close();
    damage((first.number() - 1L) * PAGE, PAGE);
    damage((last.number() - 1L) * PAGE, PAGE);
    open();
    repaired(examine());
    assertThat(machines()).hasSize(16 - first.cells() - last.cells());
  }

  @Test
  void reads_the_beginning_of_a_truncated_database() throws Exception {
    fill(16);
    List<Page> leaves = pages().stream().filter(page -> page.isLeafOf("vms")).toList();
    Page first = leaves.get(0);
    Page second = leaves.get(1);
    assertThat(second.number()).isEqualTo(first.number() + 1);
    database.close();
    try (FileChannel channel = FileChannel.open(file(), StandardOpenOption.WRITE)) {
      channel.truncate((long) second.number() * PAGE + 100);
    }
    open();
    assertRefused();
    repaired(examine());
    assertThat(machines()).hasSize(first.cells() + second.cells());
    assertThat(images()).containsExactly(Records.IMAGE);
  }

  @Test
  void reads_what_was_in_the_write_ahead_log_of_a_killed_daemon() throws Exception {
    fill(3);
    database.close();
    open();
    Page images =
        pages().stream().filter(page -> page.isLeafOf("images")).findFirst().orElseThrow();
    new SqliteVmStore(database).reserve(all -> Records.vm(4, "vm4"));
    // What kill -9 leaves: the last machine is only in the write-ahead log.
    byte[] main = Files.readAllBytes(file());
    byte[] log = Files.readAllBytes(Path.of(file() + "-wal"));
    database.close();
    Files.write(file(), main);
    Files.write(Path.of(file() + "-wal"), log);
    damage((images.number() - 1L) * PAGE, PAGE);
    open();
    repaired(examine());
    assertThat(Path.of(damaged() + "-wal")).hasBinaryContent(log);
    assertThat(machines()).extracting(Vm::name).containsExactly("vm1", "vm2", "vm3", "vm4");
    assertThat(images()).isEmpty();
  }

  @Test
  void takes_a_record_that_is_not_whole_for_damage_and_keeps_the_others() throws Exception {
    fill(3);
    database.close();
    SQLiteFiles.execute(file(), "UPDATE vms SET document = '{\"id\":' WHERE name = 'vm2'");
    open();
    assertThatThrownBy(this::machines).hasMessageContaining("banger daemon repair");
    StoreDiagnosis found = examine();
    assertThat(found.condition()).isEqualTo(Condition.DAMAGED);
    assertThat(found.sources()).containsExactly(new Source(file(), 2, 1, 0, 1));
    repaired(found);
    assertThat(machines()).extracting(Vm::name).containsExactly("vm1", "vm3");
  }

  @Test
  void keeps_machines_whose_image_lost_its_record() throws Exception {
    fill(2);
    database.close();
    SQLiteFiles.execute(file(), "UPDATE images SET document = 'nothing'");
    open();
    repaired(examine());
    assertThat(images()).isEmpty();
    assertThat(machines()).hasSize(2);
    // As the image service does with the record in the image's directory.
    new SqliteImageStore(database).insert(Records.IMAGE);
    new SqliteVmStore(database).update(Records.vm(1, "renamed"));
  }

  @Test
  void starts_anew_when_nothing_can_be_read_and_no_copy_was_kept() throws IOException {
    Files.writeString(file(), "This is a shopping list, and a long one at that.\n".repeat(300));
    byte[] before = Files.readAllBytes(file());
    assertRefused();
    StoreDiagnosis found = examine();
    assertThat(found.repairable()).isTrue();
    assertThat(found.sources()).isEmpty();
    assertThat(file()).hasBinaryContent(before);
    repaired(found);
    assertThat(damaged()).hasBinaryContent(before);
    assertThat(machines()).isEmpty();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
        .isEqualTo("rw-------");
  }

  /**
   * A database of the first schema with two machines, whose copy was kept; one was deleted since.
   */
  private void migratedWithOneDeleted() throws IOException, SQLException {
    database.close();
    open(FIRST);
    fill(2);
    database.close();
    open();
    new SqliteVmStore(database).delete(Records.vm(2, "vm2").id());
    database.close();
    assertThat(firstCopy()).exists();
    Path copy = Files.move(firstCopy(), directory.resolve("kept"));
    SQLiteFiles.execute(
        copy, "UPDATE vms SET document = replace(document, '/state/', '" + directory + "/')");
    Files.move(copy, firstCopy());
    Files.createDirectories(directory.resolve("vms/1"));
  }

  @Test
  void takes_from_the_newest_copy_what_is_still_there_when_nothing_can_be_read() throws Exception {
    migratedWithOneDeleted();
    Files.write(file(), new byte[20_000]);
    open();
    StoreDiagnosis found = examine();
    assertThat(found.copies())
        .singleElement()
        .satisfies(
            copy -> {
              assertThat(copy.file()).isEqualTo(firstCopy());
              assertThat(copy.problem()).isNull();
              assertThat(copy.machines()).isEqualTo(2);
            });
    assertThat(found.sources()).extracting(Source::file).containsExactly(firstCopy());
    byte[] copy = Files.readAllBytes(firstCopy());
    repaired(found);
    assertThat(machines()).extracting(Vm::name).containsExactly("vm1");
    assertThat(machines()).extracting(Vm::state).containsExactly(VmState.CREATED);
    assertThat(firstCopy()).hasBinaryContent(copy);
  }

  @Test
  void takes_a_machine_of_a_copy_that_was_started_since_for_running() throws Exception {
    migratedWithOneDeleted();
    Files.createFile(directory.resolve("vms/1/handles.json"));
    Files.write(file(), new byte[20_000]);
    open();
    repaired(examine());
    assertThat(machines())
        .singleElement()
        .satisfies(
            vm -> {
              assertThat(vm.state()).isEqualTo(VmState.RUNNING);
              assertThat(vm.startedAt()).isNotNull();
            });
  }

  @Test
  void names_a_copy_that_is_damaged_too_and_does_without_it() throws Exception {
    fill(1);
    database.close();
    Files.writeString(firstCopy(), "no database".repeat(1000));
    damage(0, PAGE);
    open();
    StoreDiagnosis found = examine();
    assertThat(found.copies()).singleElement().satisfies(c -> assertThat(c.problem()).isNotNull());
    repaired(found);
    assertThat(machines()).hasSize(1);
  }

  @Test
  void goes_back_to_a_copy_that_is_named_after_a_newer_release_was_used() throws Exception {
    migratedWithOneDeleted();
    open(FIRST);
    assertThatThrownBy(this::machines)
        .hasMessageContainingAll("newer banger, 1.0.0", "--from " + firstCopy());
    StoreDiagnosis alone = examine();
    assertThat(alone.condition()).isEqualTo(Condition.NEWER);
    assertThat(alone.repairable()).isFalse();
    StoreDiagnosis found = repair().examine(firstCopy(), Operation.background());
    assertThat(found.repairable()).isTrue();
    assertThat(repair().repair(found, firstCopy(), Operation.background())).isEqualTo(damaged());
    assertThat(machines()).extracting(Vm::name).containsExactly("vm1");
  }

  @Test
  void refuses_a_copy_that_is_none() throws IOException {
    Files.write(file(), new byte[20_000]);
    byte[] before = Files.readAllBytes(file());
    Path text = Files.writeString(directory.resolve("text"), "no database".repeat(1000));
    for (Path copy : List.of(text, directory.resolve("nowhere"), directory)) {
      assertThatThrownBy(() -> repair().examine(copy, Operation.background()))
          .extracting(e -> ((BangerException) e).code())
          .isEqualTo(ErrorCode.BAD_REQUEST);
    }
    assertThat(file()).hasBinaryContent(before);
  }

  @Test
  void refuses_what_is_no_longer_as_it_was_shown() throws Exception {
    fill(3);
    database.close();
    damage(0, PAGE);
    open();
    StoreDiagnosis shown = examine();
    Files.write(file(), new byte[20_000]);
    assertThatThrownBy(() -> repaired(shown))
        .hasMessageContaining("nothing was changed")
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.IN_USE);
    assertThat(damaged()).doesNotExist();
  }

  @Test
  void leaves_everything_as_it_was_when_the_files_on_the_way_cannot_be_made() throws IOException {
    Files.write(file(), new byte[20_000]);
    StoreDiagnosis found = examine();
    Path obstacle = directory.resolve("banger.db.rebuild");
    Files.createDirectories(obstacle.resolve("a/b"));
    Map<String, byte[]> before = files();
    assertThatThrownBy(() -> repaired(found))
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.OPERATION_FAILED);
    assertThat(files()).usingRecursiveComparison().isEqualTo(before);
    Files.delete(obstacle.resolve("a/b"));
    Files.delete(obstacle.resolve("a"));
    repaired(found);
    assertThat(machines()).isEmpty();
    assertThat(names()).contains("banger.db", damaged().getFileName().toString());
    assertThat(obstacle).doesNotExist();
  }

  @Test
  void finishes_at_the_next_use_what_a_death_cut_short() throws Exception {
    fill(2);
    database.close();
    byte[] sound = Files.readAllBytes(file());
    for (int done = 0; done < 3; done++) {
      Files.write(file(), new byte[20_000]);
      Files.write(Path.of(file() + "-wal"), new byte[100]);
      Path built = Files.write(directory.resolve("built"), sound);
      new Replacement(file(), "20260203T040506").declare(built);
      if (done > 0) {
        Files.move(file(), damaged());
      }
      if (done > 1) {
        Files.move(Path.of(file() + "-wal"), Path.of(damaged() + "-wal"));
      }
      open();
      assertThat(machines()).as("after step %d", done).hasSize(2);
      database.close();
      assertThat(damaged()).hasBinaryContent(new byte[20_000]);
      assertThat(Path.of(damaged() + "-wal")).hasBinaryContent(new byte[100]);
      assertThat(names()).hasSize(3);
      Files.delete(damaged());
      Files.delete(Path.of(damaged() + "-wal"));
    }
  }

  @Test
  void keeps_every_damaged_database_under_a_name_of_its_own() throws IOException {
    for (byte fill : new byte[] {1, 2}) {
      byte[] garbage = new byte[20_000];
      Arrays.fill(garbage, fill);
      database.close();
      Files.write(file(), garbage);
      open();
      repaired(examine());
    }
    assertThat(Files.readAllBytes(damaged())[0]).isEqualTo((byte) 1);
    assertThat(Files.readAllBytes(Path.of(damaged() + "-2"))[0]).isEqualTo((byte) 2);
  }

  @Test
  void names_the_process_that_holds_the_database() throws Exception {
    fill(1);
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("BEGIN EXCLUSIVE");
      // This process is not named: its own locks are nobody's fault.
      assertThat(LockHolder.of(file())).isEmpty();
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }
}
