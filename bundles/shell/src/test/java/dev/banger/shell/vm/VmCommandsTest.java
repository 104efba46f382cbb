// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.PortForward;
import dev.banger.shell.CommandLab;
import dev.banger.shell.FakeConsole;
import dev.banger.shell.TestJson;
import dev.banger.vm.VmState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VmCommandsTest {
  private final CommandLab lab = new CommandLab();

  @TempDir Path directory;

  @BeforeEach
  void machines() {
    lab.vms.consoleLog = directory.resolve("console.log");
    lab.vms.add("1111aaaa0000", "web", VmState.RUNNING);
    lab.vms.add("2222bbbb0000", "web-two", VmState.STOPPED);
    lab.vms.add("3333cccc0000", "db", VmState.RUNNING);
  }

  @Test
  void lists_a_table_without_trailing_blanks() {
    assertThat(lab.run("vm", "list")).isZero();
    assertThat(lab.out().lines().toList())
        .hasSize(4)
        .allSatisfy(line -> assertThat(line).isEqualTo(line.stripTrailing()));
    assertThat(lab.out())
        .startsWith("ID            NAME     STATE    IMAGE            VCPU  MEM       DISK   SSH")
        .contains(
            "1111aaaa0000  web      running  debian-bookworm  1     3072 MiB  8 GiB  127.0.0.1:20022");
  }

  @Test
  void ls_and_ps_do_the_same_as_list() {
    lab.run("vm", "list", "-q");
    String listed = lab.out();
    assertThat(listed).isEqualTo("1111aaaa0000\n2222bbbb0000\n3333cccc0000\n");
    for (String[] argv : List.of(new String[] {"vm", "ls", "-q"}, new String[] {"ps", "-q"})) {
      lab.console = new FakeConsole();
      lab.run(argv);
      assertThat(lab.out()).isEqualTo(listed);
    }
  }

  @Test
  void lists_and_shows_as_json_with_files_by_path() {
    lab.run("vm", "list", "--json");
    JsonNode all = TestJson.tree(lab.out());
    assertThat(all).hasSize(3);
    lab.console = new FakeConsole();
    lab.run("vm", "show", "web", "--json");
    JsonNode vm = TestJson.tree(lab.out());
    assertThat(vm).isEqualTo(all.get(0));
    assertThat(vm.at("/spec/memory_mib").asLong()).isEqualTo(3072);
    assertThat(vm.at("/files/console_log").asText()).isEqualTo(lab.vms.consoleLog.toString());
  }

  @Test
  void several_targets_are_served_once_each_and_told_in_the_order_named() {
    CountDownLatch dbStopped = new CountDownLatch(1);
    lab.vms.meanwhile.put("stop 1111aaaa0000", () -> await(dbStopped));
    lab.vms.meanwhile.put("stop 3333cccc0000", dbStopped::countDown);
    int status = lab.run("vm", "stop", "web", "nope", "db", "1111", "web", "we");
    assertThat(status).isEqualTo(1);
    assertThat(lab.out()).isEqualTo("web\ndb\n");
    assertThat(lab.vms.calls).containsExactlyInAnyOrder("stop 1111aaaa0000", "stop 3333cccc0000");
    assertThat(lab.err())
        .contains("banger: vm \"nope\" not found; 'banger vm list' shows them all (op-test)\n")
        .contains("multiple VMs match \"we\": web, web-two (op-test)");
  }

  @Test
  void an_exact_name_wins_over_the_prefix_of_another() {
    assertThat(lab.run("vm", "stop", "web")).isZero();
    assertThat(lab.vms.calls).containsExactly("stop 1111aaaa0000");
  }

  @Test
  void an_exact_id_wins_over_a_name_that_looks_like_it() {
    lab.vms.add("4444dddd0000", "1111aaaa0000", VmState.RUNNING);
    assertThat(lab.run("vm", "stop", "1111aaaa0000")).isZero();
    assertThat(lab.vms.calls).containsExactly("stop 1111aaaa0000");
  }

  @Test
  void the_failure_of_the_only_target_is_the_commands_own() {
    lab.vms.failures.put("stop", new BangerException(ErrorCode.IN_USE, "in use"));
    assertThatThrownBy(() -> lab.run("vm", "stop", "db"))
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.IN_USE);
  }

  @Test
  void one_failure_does_not_keep_the_others_from_being_deleted() {
    lab.vms.failures.put(
        "delete 1111aaaa0000", new BangerException(ErrorCode.OPERATION_FAILED, "busy"));
    assertThat(lab.run("vm", "rm", "web", "db")).isEqualTo(1);
    assertThat(lab.out()).isEqualTo("db\n");
    assertThat(lab.err()).contains("banger: busy (op-test)");
  }

  @Test
  void kill_sends_the_signal_that_was_asked_for() {
    lab.run("vm", "kill", "db");
    lab.run("vm", "kill", "--signal", "term", "web");
    assertThat(lab.vms.calls).containsExactly("kill KILL 3333cccc0000", "kill TERM 1111aaaa0000");
  }

  @ParameterizedTest
  @CsvSource({"SIGKILL,KILL", "kill,KILL", "sigterm,TERM", "9,KILL", "18,CONT", "SigUsr1,USR1"})
  void kill_takes_signals_as_kill_does(String written, String sent) {
    lab.run("vm", "kill", "-s", written, "web");
    assertThat(lab.vms.calls).containsExactly("kill " + sent + " 1111aaaa0000");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "SIG", "NOPE", "SIGSEGV", "SIGSIGKILL", "0", "-9", "09", "999", "KILL "})
  void kill_refuses_what_is_no_signal_before_anything_changes(String written) {
    assertThat(lab.run("vm", "kill", "--signal=" + written, "web")).isEqualTo(2);
    assertThat(lab.err()).contains("is no signal that a VM can be sent; one of TERM, KILL, INT");
    assertThat(lab.vms.calls).isEmpty();
  }

  @Test
  void exec_gives_the_status_and_streams_of_the_command() {
    lab.guests.status = 7;
    lab.console.types("in");
    assertThat(lab.run("vm", "exec", "web", "-u", "nobody", "--", "ls", "-l")).isEqualTo(7);
    assertThat(lab.out()).isEqualTo("out\n");
    assertThat(lab.err()).isEqualTo("err\n");
    assertThat(lab.guests.read).isEqualTo("in");
    assertThat(lab.guests.requests.get(0).argv()).containsExactly("ls", "-l");
    assertThat(lab.guests.requests.get(0).user()).isEqualTo("nobody");
  }

  @Test
  void exec_without_input_takes_none() {
    lab.console.types("for the loop");
    lab.run("vm", "exec", "-n", "web", "--", "cat");
    assertThat(lab.guests.read).isEmpty();
  }

  @Test
  void exec_with_a_terminal_is_raw_only_for_a_person() {
    lab.run("vm", "exec", "-t", "web", "--", "top");
    assertThat(lab.guests.requests.get(0).terminal()).isNotNull();
    assertThat(lab.console.rawModes).isEmpty();
    lab.console = new FakeConsole().person();
    lab.run("vm", "exec", "-t", "web", "--", "top");
    assertThat(lab.console.rawModes).containsExactly(true, false);
  }

  @Test
  void ssh_runs_on_the_persons_own_terminal() {
    lab.console.localStatus = 5;
    assertThat(lab.run("vm", "ssh", "web", "--", "-L", "8080:localhost:80")).isEqualTo(5);
    assertThat(lab.console.locally)
        .containsExactly(List.of("ssh", "root@1111aaaa0000", "-L", "8080:localhost:80"));
  }

  @Test
  void ssh_to_a_stopped_vm_says_how_to_start_it() {
    assertThatThrownBy(() -> lab.run("vm", "ssh", "web-two"))
        .hasMessageContaining("banger vm start web-two")
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.NOT_RUNNING);
    assertThat(lab.console.locally).isEmpty();
  }

  @Test
  void ssh_that_never_answers_names_the_other_ways_in() {
    lab.guests.failure = new BangerException(ErrorCode.DEADLINE_EXCEEDED, "late");
    assertThatThrownBy(() -> lab.run("vm", "ssh", "web"))
        .hasMessageContaining("within 60 seconds")
        .hasMessageContaining("banger vm exec web");
  }

  @Test
  void ports_are_sorted_and_distinct() {
    lab.run("vm", "ports", "web", "db");
    assertThat(lab.out())
        .isEqualTo(
            """
            VM   PROTOCOL  ADDRESS  PORT  URL
            web  tcp       0.0.0.0  22    ssh://root@127.0.0.1:20022
            web  tcp       0.0.0.0  80    not forwarded
            db   tcp       0.0.0.0  22    ssh://root@127.0.0.1:20022
            db   tcp       0.0.0.0  80    not forwarded
            """);
  }

  @Test
  void published_ports_are_shown_with_their_urls_whether_something_listens_or_not() {
    lab.vms.vms.replaceAll(
        vm ->
            vm.withPorts(
                List.of(
                    new PortForward("127.0.0.1", 8080, 80),
                    new PortForward("0.0.0.0", 30_001, 80),
                    new PortForward("127.0.0.1", 5432, 5432))));
    lab.run("vm", "ports", "web");
    assertThat(lab.out())
        .isEqualTo(
            """
            VM   PROTOCOL  ADDRESS          PORT  URL
            web  tcp       0.0.0.0          22    ssh://root@127.0.0.1:20022
            web  tcp       0.0.0.0          80    http://127.0.0.1:8080
            web  tcp       0.0.0.0          80    http://127.0.0.1:30001
            web  tcp       nothing listens  5432  http://127.0.0.1:5432
            """);
    lab.console = new FakeConsole();
    lab.run("vm", "ports", "web", "--json");
    assertThat(TestJson.tree(lab.out()).at("/3/address").isNull()).isTrue();
  }

  @Test
  void ports_of_no_vm_are_wrong_usage() {
    assertThat(lab.run("vm", "ports")).isEqualTo(2);
    assertThat(lab.run("vm", "ports", "--json")).isEqualTo(2);
  }

  @Test
  void ports_as_json_have_a_url_where_they_are_forwarded() {
    lab.run("vm", "ports", "web", "--json");
    JsonNode ports = TestJson.tree(lab.out());
    assertThat(ports.at("/0/url").asText()).isEqualTo("ssh://root@127.0.0.1:20022");
    assertThat(ports.at("/1/url").isNull()).isTrue();
  }

  @Test
  void logs_pass_bytes_on_unless_a_terminal_would_act_on_them() throws IOException {
    Files.writeString(lab.vms.consoleLog, "one\r\n\u001b]0;owned\u0007two\n");
    lab.run("vm", "logs", "web");
    assertThat(lab.out()).isEqualTo("one\r\n\u001b]0;owned\u0007two\n");
    lab.console = new FakeConsole().person();
    lab.run("vm", "logs", "web");
    assertThat(lab.out()).isEqualTo("one\n^[]0;owned^Gtwo\n");
  }

  @Test
  void logs_begin_at_the_last_lines() throws IOException {
    Files.writeString(lab.vms.consoleLog, "1\n2\n3\n4\n");
    assertThat(lastLines("2")).isEqualTo("3\n4\n");
    assertThat(lastLines("0")).isEmpty();
    assertThat(lastLines("9")).isEqualTo("1\n2\n3\n4\n");
    Files.writeString(lab.vms.consoleLog, "1\n2\n3\nlogin: ");
    assertThat(lastLines("2")).isEqualTo("3\nlogin: ");
    Files.writeString(lab.vms.consoleLog, "x".repeat(200_000) + "\nlast\n");
    assertThat(lastLines("1")).isEqualTo("last\n");
  }

  private String lastLines(String count) {
    lab.console = new FakeConsole();
    lab.run("vm", "logs", "-n", count, "web");
    return lab.out();
  }

  @Test
  void a_character_cut_by_a_block_is_shown_whole() throws IOException {
    Files.writeString(lab.vms.consoleLog, "x".repeat(64 * 1024 - 1) + "ä\n");
    lab.console = new FakeConsole().person();
    lab.run("vm", "logs", "web");
    assertThat(lab.out()).endsWith("xä\n");
  }

  @Test
  void following_logs_ends_when_the_vm_is_gone() throws Exception {
    Files.writeString(lab.vms.consoleLog, "first\n");
    Thread deletes =
        new Thread(
            () -> {
              lab.console.operation.await(
                  () -> lab.out().contains("first"), java.time.Duration.ofMillis(5));
              try {
                Files.writeString(
                    lab.vms.consoleLog, "second\n", java.nio.file.StandardOpenOption.APPEND);
              } catch (IOException e) {
                throw new AssertionError(e);
              }
              lab.console.operation.await(
                  () -> lab.out().contains("second"), java.time.Duration.ofMillis(5));
              lab.vms.vms.clear();
            });
    deletes.start();
    assertThat(lab.run("vm", "logs", "-f", "web")).isZero();
    deletes.join();
    assertThat(lab.out()).isEqualTo("first\nsecond\n");
  }

  @Test
  void following_logs_ends_with_ctrl_c_and_says_nothing_of_that() throws Exception {
    Files.writeString(lab.vms.consoleLog, "first\n");
    CompletableFuture<Integer> run =
        CompletableFuture.supplyAsync(() -> lab.run("vm", "logs", "-f", "web"));
    lab.console.operation.await(() -> lab.out().contains("first"), java.time.Duration.ofMillis(5));
    lab.console.interrupt();
    assertThat(run.get(20, TimeUnit.SECONDS)).isEqualTo(130);
    assertThat(lab.err()).isEmpty();
  }

  @Test
  void logs_of_a_vm_that_never_ran_are_empty() {
    assertThat(lab.run("vm", "logs", "web")).isZero();
    assertThat(lab.out()).isEmpty();
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
