// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.PortForward;
import dev.banger.vm.Vm;
import dev.banger.vm.VmNetwork;
import dev.banger.vm.VmState;
import java.nio.file.Path;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteVmStoreTest {
  @TempDir Path directory;
  private SqliteDatabase database;
  private SqliteVmStore vms;
  private SqliteImageStore images;

  @BeforeEach
  void open() {
    database = new SqliteDatabase(directory.resolve("banger.db"), Schema.CURRENT, "1.0.0");
    vms = new SqliteVmStore(database);
    images = new SqliteImageStore(database);
    images.insert(Records.IMAGE);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private static ErrorCode codeOf(Throwable e) {
    return ((BangerException) e).code();
  }

  @Test
  void gives_back_what_was_reserved_after_a_restart() {
    Vm created = vms.reserve(existing -> Records.vm(1, "one"));
    Vm running =
        vms.reserve(existing -> Records.vm(2, "two"))
            .running(Records.handle(), Records.SOME_TIME.plusSeconds(9));
    vms.update(running);
    database.close();
    open2();
    assertThat(vms.list()).containsExactly(created, running);
    assertThat(vms.findById(created.id())).contains(created);
    assertThat(vms.findByName("two")).contains(running);
    assertThat(vms.findByName("tw")).isEmpty();
  }

  private void open2() {
    database = new SqliteDatabase(directory.resolve("banger.db"), Schema.CURRENT, "1.0.0");
    vms = new SqliteVmStore(database);
    images = new SqliteImageStore(database);
  }

  @Test
  void shows_a_reservation_the_machines_that_exist() {
    vms.reserve(existing -> Records.vm(1, "one"));
    List<Vm> seen = new ArrayList<>();
    vms.reserve(
        existing -> {
          seen.addAll(existing);
          return Records.vm(2, "two");
        });
    assertThat(seen).extracting(Vm::name).containsExactly("one");
  }

  @Test
  void chooses_again_when_another_was_given_meanwhile_what_was_chosen() {
    List<Integer> seen = new ArrayList<>();
    Vm two =
        vms.reserve(
            existing -> {
              seen.add(existing.size());
              if (existing.isEmpty()) {
                // Nobody waits for a choice.
                vms.reserve(others -> Records.vm(1, "one"));
                return Records.vm(2, "one");
              }
              return Records.vm(2, "two");
            });
    assertThat(seen).containsExactly(0, 1);
    assertThat(vms.list()).containsExactly(Records.vm(1, "one"), two);
  }

  @Test
  void inserts_nothing_when_the_choice_fails() {
    IllegalStateException failure = new IllegalStateException("no");
    assertThatThrownBy(
            () ->
                vms.reserve(
                    existing -> {
                      throw failure;
                    }))
        .isSameAs(failure);
    assertThat(vms.list()).isEmpty();
    vms.reserve(existing -> Records.vm(1, "one"));
    assertThat(vms.list()).hasSize(1);
  }

  @Test
  void refuses_a_name_an_id_and_a_port_that_are_taken() {
    vms.reserve(existing -> Records.vm(1, "one"));
    assertThatThrownBy(() -> vms.reserve(existing -> Records.vm(2, "one")))
        .hasMessageContaining("the name one is taken")
        .satisfies(e -> assertThat(codeOf(e)).isEqualTo(ErrorCode.ALREADY_EXISTS));
    assertThatThrownBy(() -> vms.reserve(existing -> Records.vm(1, "two")))
        .hasMessageContaining("is taken")
        .satisfies(e -> assertThat(codeOf(e)).isEqualTo(ErrorCode.ALREADY_EXISTS));
    Vm samePort = Records.vm(3, "three").withNetwork(Records.vm(1, "one").network());
    assertThatThrownBy(() -> vms.reserve(existing -> samePort))
        .hasMessageContaining("the port 20001 is taken");
    assertThat(vms.list()).hasSize(1);
  }

  @Test
  void refuses_a_published_port_that_is_another_machines_until_that_one_gives_it_up() {
    Vm one = vms.reserve(existing -> Records.vm(1, "one"));
    Vm two = vms.reserve(existing -> Records.vm(2, "two"));
    Vm greedy = two.withPorts(List.of(new PortForward("127.0.0.1", 30_001, 81)));

    assertThatThrownBy(() -> vms.update(greedy))
        .hasMessageContaining("127.0.0.1:30001:81")
        .satisfies(e -> assertThat(codeOf(e)).isEqualTo(ErrorCode.ALREADY_EXISTS));
    Vm third = Records.vm(3, "three").withPorts(one.ports());
    assertThatThrownBy(() -> vms.reserve(existing -> third))
        .satisfies(e -> assertThat(codeOf(e)).isEqualTo(ErrorCode.ALREADY_EXISTS));
    assertThat(vms.list()).containsExactly(one, two);
    vms.update(one.withPorts(List.of()));
    vms.update(greedy);
    vms.delete(greedy.id());
    assertThat(vms.reserve(existing -> third)).isEqualTo(third);
  }

  @Test
  void refuses_ports_that_the_host_cannot_have_twice_whoever_chose_them() {
    Vm one = vms.reserve(existing -> Records.vm(1, "one"));
    Vm two = vms.reserve(existing -> Records.vm(2, "two"));
    int sshOfOne = one.network().sshPort();
    for (PortForward port :
        List.of(
            new PortForward("0.0.0.0", 30_001, 81), // that of one on the loopback address
            new PortForward("127.0.0.1", 40_001, 81), // that of one on every address
            new PortForward("127.0.0.1", sshOfOne, 81),
            new PortForward("0.0.0.0", sshOfOne, 81))) {
      assertThatThrownBy(() -> vms.update(two.withPorts(List.of(port))))
          .as("%s", port)
          .satisfies(e -> assertThat(codeOf(e)).isEqualTo(ErrorCode.ALREADY_EXISTS));
      Vm third = Records.vm(3, "three").withPorts(List.of(port));
      assertThatThrownBy(() -> vms.reserve(existing -> third))
          .satisfies(e -> assertThat(codeOf(e)).isEqualTo(ErrorCode.ALREADY_EXISTS));
    }
    assertThatThrownBy(() -> vms.update(two.withNetwork(sshPort(two, 30_001))))
        .hasMessageContaining("the port 30001 is taken");
    assertThat(vms.list()).containsExactly(one, two);
    Vm elsewhere = two.withPorts(List.of(new PortForward("192.0.2.1", sshOfOne, 81)));
    vms.update(elsewhere);
    vms.update(elsewhere.withNetwork(sshPort(two, 30_002)));
    assertThat(vms.list()).hasSize(2);
  }

  private static VmNetwork sshPort(Vm vm, int port) {
    VmNetwork now = vm.network();
    return new VmNetwork(
        now.macAddress(), now.address(), now.gateway(), now.nameservers(), now.sshHost(), port);
  }

  @Test
  void a_machine_that_keeps_its_ports_is_never_refused() {
    Vm one = vms.reserve(existing -> Records.vm(1, "one"));
    vms.reserve(existing -> Records.vm(2, "two"));
    database.write(
        "write what is refused today",
        connection -> {
          try (Statement statement = connection.createStatement()) {
            return statement.executeUpdate(
                "UPDATE published_ports SET host_address = '0.0.0.0', host_port = 30001"
                    + " WHERE host_port = 30002");
          }
        });
    Vm failed = one.notRunning(VmState.ERROR, "why");
    vms.update(failed);
    assertThat(vms.findById(one.id())).contains(failed);
  }

  @Test
  void reads_machines_that_were_written_before_ports_could_be_published() {
    database.close();
    Path file = directory.resolve("older.db");
    database = new SqliteDatabase(file, new Schema(Schema.CURRENT.pending(Set.of(3))), "1.0.0");
    new SqliteImageStore(database).insert(Records.IMAGE);
    String document =
        new RecordCodec<>(Vm.class)
            .encode(Records.vm(1, "one"))
            .replaceAll(",\"ports\":\\[[^]]*]", "");
    assertThat(document).doesNotContain("ports");
    database.write(
        "write as an older program",
        connection -> {
          try (var insert =
              connection.prepareStatement(
                  "INSERT INTO vms VALUES ('000000000001', 'one', ?, 'created', 20001, 0, ?)")) {
            insert.setString(1, Records.IMAGE.id());
            insert.setString(2, document);
            return insert.executeUpdate();
          }
        });
    database.close();

    database = new SqliteDatabase(file, Schema.CURRENT, "1.0.0");
    vms = new SqliteVmStore(database);

    Vm read = Records.vm(1, "one").withPorts(List.of());
    assertThat(vms.list()).containsExactly(read);
    vms.update(Records.vm(1, "one"));
    assertThat(vms.list()).containsExactly(Records.vm(1, "one"));
  }

  @Test
  void takes_any_number_of_machines_without_a_network() {
    vms.reserve(existing -> Records.vm(1, "one").withNetwork(null));
    vms.reserve(existing -> Records.vm(2, "two").withNetwork(null));
    assertThat(vms.list()).hasSize(2);
  }

  @Test
  void refuses_a_machine_whose_image_is_gone() {
    images.delete(Records.IMAGE.id());
    assertThatThrownBy(() -> vms.reserve(existing -> Records.vm(1, "one")))
        .hasMessageContaining("debian-bookworm")
        .satisfies(e -> assertThat(codeOf(e)).isEqualTo(ErrorCode.NOT_FOUND));
  }

  @Test
  void refuses_to_update_what_is_not_there_and_deletes_it_quietly() {
    assertThatThrownBy(() -> vms.update(Records.vm(1, "one")))
        .satisfies(e -> assertThat(codeOf(e)).isEqualTo(ErrorCode.NOT_FOUND));
    vms.delete("no such id");
    Vm vm = vms.reserve(existing -> Records.vm(1, "one"));
    vms.update(vm.notRunning(VmState.ERROR, "why"));
    assertThat(vms.findById(vm.id()).orElseThrow().lastError()).isEqualTo("why");
    vms.delete(vm.id());
    assertThat(vms.list()).isEmpty();
  }

  @Test
  void passes_over_fields_of_a_newer_program() {
    vms.reserve(existing -> Records.vm(1, "one"));
    database.write(
        "write as a newer program",
        connection -> {
          try (Statement statement = connection.createStatement()) {
            return statement.executeUpdate(
                "UPDATE vms SET document = json_set(document, '$.mood', 'sunny')");
          }
        });
    assertThat(vms.list()).containsExactly(Records.vm(1, "one"));
  }

  @Test
  void names_the_record_whose_document_is_damaged() {
    vms.reserve(existing -> Records.vm(1, "one"));
    database.write(
        "damage",
        connection -> {
          try (Statement statement = connection.createStatement()) {
            return statement.executeUpdate("UPDATE vms SET document = '{\"id\": '");
          }
        });
    assertThatThrownBy(vms::list)
        .hasMessageContaining("Vm 000000000001 is damaged")
        .satisfies(e -> assertThat(codeOf(e)).isEqualTo(ErrorCode.CORRUPT));
  }

  @Test
  void lets_one_of_fifty_reservations_of_a_name_win() throws Exception {
    List<Throwable> failures = reserveAtOnce(50, number -> Records.vm(number, "same"));
    assertThat(failures)
        .hasSize(49)
        .allSatisfy(e -> assertThat(codeOf(e)).isEqualTo(ErrorCode.ALREADY_EXISTS));
    assertThat(vms.list()).hasSize(1);
  }

  @Test
  void lets_all_of_fifty_reservations_of_different_names_win() throws Exception {
    List<Throwable> failures = reserveAtOnce(50, number -> Records.vm(number, "vm-" + number));
    assertThat(failures).isEmpty();
    assertThat(vms.list()).hasSize(50);
  }

  private List<Throwable> reserveAtOnce(int count, java.util.function.IntFunction<Vm> vm)
      throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(count);
    try {
      CountDownLatch ready = new CountDownLatch(count);
      CountDownLatch go = new CountDownLatch(1);
      List<Future<?>> results = new ArrayList<>();
      for (int i = 1; i <= count; i++) {
        int number = i;
        results.add(
            threads.submit(
                () -> {
                  ready.countDown();
                  go.await();
                  // Readers run beside the writers, as they do in the daemon.
                  vms.list();
                  return vms.reserve(existing -> vm.apply(number));
                }));
      }
      ready.await();
      go.countDown();
      List<Throwable> failures = new ArrayList<>();
      for (Future<?> result : results) {
        try {
          result.get(30, TimeUnit.SECONDS);
        } catch (java.util.concurrent.ExecutionException e) {
          failures.add(e.getCause());
        }
      }
      return failures;
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void prints_the_cost_of_a_reservation_among_a_thousand_machines() {
    for (int i = 1; i <= 1_000; i++) {
      int number = i;
      vms.reserve(existing -> Records.vm(number, "vm-" + number));
    }
    long[] nanos = new long[200];
    for (int i = 0; i < nanos.length; i++) {
      int number = 2_000 + i;
      long start = System.nanoTime();
      vms.reserve(existing -> Records.vm(number, "more-" + number));
      nanos[i] = System.nanoTime() - start;
    }
    Arrays.sort(nanos);
    System.out.printf(
        "reserve with 1,000 rows: median %.1f ms, p99 %.1f ms%n",
        nanos[nanos.length / 2] / 1e6, nanos[nanos.length * 99 / 100] / 1e6);
    assertThat(vms.list()).hasSize(1_200);
  }
}
