// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.GuestStatistics;
import dev.banger.guest.GuestStatistics.FileSystem;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.hypervisor.MachineStatistics;
import dev.banger.operation.Operation;
import dev.banger.shell.CommandLab;
import dev.banger.shell.TestJson;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import dev.banger.vm.VmStatistics;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StatsCommandTest {
  private static final Instant START = Instant.parse("2026-01-02T03:04:05Z");
  private static final GuestStatistics GUEST =
      new GuestStatistics(
          Duration.ofSeconds(3723),
          1L << 30,
          768L << 20,
          0.256,
          42,
          Duration.ofSeconds(9),
          Duration.ofSeconds(8),
          List.of(new FileSystem("/", 1000, 875), new FileSystem("/root", 1000, 500)));

  private final CommandLab lab = new CommandLab();
  private final Map<String, Integer> measured = new ConcurrentHashMap<>();

  @BeforeEach
  void machines() {
    run(lab.vms.add("1111aaaa0000", "web", VmState.RUNNING), 7);
    lab.vms.add("2222bbbb0000", "off", VmState.STOPPED);
    run(lab.vms.add("3333cccc0000", "db", VmState.RUNNING), 8);
    lab.vms.statistics = vm -> statistics(vm, GUEST, null);
  }

  private void run(Vm vm, long pid) {
    Path socket = Path.of("/run/socket");
    MachineHandle handle = new MachineHandle("qemu", pid, 1, "boot", "kvm", socket, socket);
    lab.vms.vms.set(lab.vms.vms.indexOf(vm), vm.running(handle, START));
  }

  /** Each measurement is two seconds after the one before, of which half a second was used. */
  private VmStatistics statistics(Vm vm, GuestStatistics guest, String error) {
    int number = measured.merge(vm.id(), 1, Integer::sum);
    return new VmStatistics(
        vm,
        START.plusSeconds(2L * number),
        3 << 20,
        vm.machine() == null
            ? null
            : new MachineStatistics(Duration.ofMillis(500L * number), 5 << 20, 1, 2, 3),
        vm.machine() == null ? null : guest,
        error);
  }

  private void silence(String id) {
    lab.vms.statistics =
        vm -> vm.id().equals(id) ? statistics(vm, null, "no\nanswer") : statistics(vm, GUEST, null);
  }

  @Test
  void shows_all_that_run_measured_between_two_moments() {
    assertThat(lab.run("vm", "stats")).isZero();
    assertThat(lab.out())
        .isEqualTo(
            """
            NAME  STATE    CPU%  MEM              RSS    LOAD  PROCS  DISK /  DISK /root  HOST   UPTIME
            web   running  25.0  256 MiB / 1 GiB  5 MiB  0.26  42     13%     50%         3 MiB  1h2m3s
            db    running  25.0  256 MiB / 1 GiB  5 MiB  0.26  42     13%     50%         3 MiB  1h2m3s
            """);
    assertThat(measured).containsOnly(Map.entry("1111aaaa0000", 2), Map.entry("3333cccc0000", 2));
  }

  @Test
  void shows_those_that_are_named_running_or_not() {
    assertThat(lab.run("vm", "stats", "off")).isZero();
    assertThat(lab.out().lines().toList().get(1).split(" +"))
        .containsExactly("off", "stopped", "-", "-", "-", "-", "-", "-", "-", "3", "MiB", "-");
    assertThat(measured).containsOnly(Map.entry("2222bbbb0000", 1));
  }

  @Test
  void a_guest_that_does_not_answer_keeps_no_other_from_being_shown() {
    silence("1111aaaa0000");
    assertThat(lab.run("vm", "stats")).isZero();
    List<String> rows = lab.out().lines().toList();
    assertThat(rows.get(1).split(" +"))
        .containsExactly(
            "web", "running", "25.0", "-", "5", "MiB", "-", "-", "-", "-", "3", "MiB", "-");
    assertThat(rows.get(2)).contains("1h2m3s");
    assertThat(lab.err()).isEqualTo("banger: web: no^Janswer (op-test)\n");
  }

  @Test
  void as_json_also_tells_the_raw_times() {
    silence("3333cccc0000");
    lab.run("vm", "stats", "--json");
    JsonNode all = TestJson.tree(lab.out());
    assertThat(all).hasSize(2);
    JsonNode web = all.get(0);
    assertThat(web.get("vm_name").asText()).isEqualTo("web");
    assertThat(web.get("state").asText()).isEqualToIgnoringCase("running");
    assertThat(web.get("cpu_percent").asDouble()).isEqualTo(25.0);
    assertThat(web.get("interval").asText()).isEqualTo("PT2S");
    assertThat(web.at("/machine/processor_time").asText()).isEqualTo("PT1S");
    assertThat(web.at("/guest/file_systems/1/path").asText()).isEqualTo("/root");
    assertThat(all.get(1).get("guest").isNull()).isTrue();
    assertThat(all.get(1).get("guest_error").asText()).isEqualTo("no\nanswer");
  }

  @Test
  void one_that_is_gone_by_now_is_left_out_unless_it_was_named() {
    lab.vms.failures.put(
        "statistics 1111aaaa0000", new BangerException(ErrorCode.NOT_FOUND, "gone"));
    assertThat(lab.run("vm", "stats")).isZero();
    assertThat(lab.out()).doesNotContain("web").contains("db");
    assertThat(lab.err()).isEmpty();
    assertThat(lab.run("vm", "stats", "web", "db")).isEqualTo(1);
    assertThat(lab.err()).contains("gone");
    assertThatThrownBy(() -> lab.run("vm", "stats", "web")).hasMessage("gone");
  }

  @Test
  void a_machine_that_was_started_anew_is_not_compared_with_its_former_run() {
    UsageMeter meter = new UsageMeter(lab.vms, Duration.ofMillis(1));
    Vm web = lab.vms.find("web");
    Operation operation = Operation.background();
    assertThat(meter.measure(web, operation).cpuPercent()).isEqualTo(25.0);
    run(web, 99);
    assertThat(meter.measure(web, operation).cpuPercent()).isNull();
    assertThat(meter.measure(web, operation).cpuPercent()).isEqualTo(25.0);
    assertThat(measured.get(web.id())).isEqualTo(4);
  }

  @Test
  void watching_prints_an_array_a_line_until_ctrl_c_and_says_nothing_of_that() {
    cancelAt(3);
    assertThat(lab.run("vm", "stats", "web", "--watch", "--interval", "1", "--json"))
        .isEqualTo(130);
    assertThat(lab.err()).isEmpty();
    List<String> lines = lab.out().lines().toList();
    assertThat(lines).hasSize(2);
    assertThat(TestJson.tree(lines.get(1)).at("/0/cpu_percent").asDouble()).isEqualTo(25.0);
  }

  @Test
  void watching_draws_one_screen_at_a_terminal_with_what_is_wrong_below() {
    lab.console.person();
    silence("1111aaaa0000");
    cancelAt(4);
    assertThat(lab.run("vm", "stats", "web", "--watch", "--interval", "1")).isEqualTo(130);
    assertThat(lab.out()).startsWith("\u001b[H\u001b[2JNAME").contains("\u001b[HNAME");
    assertThat(lab.out()).contains("web: no^Janswer\u001b[K\n\u001b[J").doesNotContain("\n\n");
    assertThat(lab.err()).isEmpty();
  }

  /** Ctrl-C while the measurement of this number is taken. */
  private void cancelAt(int number) {
    lab.vms.meanwhile.put(
        "statistics 1111aaaa0000",
        () -> {
          if (measured.getOrDefault("1111aaaa0000", 0) == number - 1) {
            lab.console.interrupt();
          }
        });
  }

  @Test
  void watching_ends_with_what_keeps_it_from_going_on() {
    lab.vms.failures.put("statistics", new BangerException(ErrorCode.UNAVAILABLE, "updating"));
    assertThatThrownBy(() -> lab.run("vm", "stats", "web", "--watch")).hasMessage("updating");
    lab.vms.failures.clear();
    lab.console.operation.cancel("the daemon is stopping");
    assertThatThrownBy(() -> lab.run("vm", "stats", "web", "--watch"))
        .hasMessage("the daemon is stopping");
  }

  @Test
  void an_interval_is_for_watching_and_positive() {
    assertThat(lab.run("vm", "stats", "--interval", "3")).isEqualTo(2);
    assertThat(lab.run("vm", "stats", "--watch", "--interval", "0")).isEqualTo(2);
    assertThat(measured).isEmpty();
  }
}
