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
import dev.banger.shell.FakeConsole;
import dev.banger.shell.TestJson;
import dev.banger.vm.Vm;
import dev.banger.vm.VmNetwork;
import dev.banger.vm.VmState;
import dev.banger.vm.VmStatistics;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HealthCommandsTest {
  private static final Instant START = Instant.parse("2026-01-02T03:04:05Z");

  private final CommandLab lab = new CommandLab();
  private final List<Socket> accepted = new ArrayList<>();
  private ServerSocket server;
  private long freeMemory = 100;
  private long freeDisk = 100;

  @BeforeEach
  void machines() throws IOException {
    server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    Vm web = lab.vms.add("1111aaaa0000", "web", VmState.RUNNING);
    Path socket = Path.of("/run/socket");
    MachineHandle handle = new MachineHandle("qemu", 4711, 1, "boot", "kvm", socket, socket);
    lab.vms.vms.set(0, web.running(handle, START).withNetwork(network(server.getLocalPort())));
    lab.vms.add("2222bbbb0000", "off", VmState.STOPPED);
    lab.vms.statistics = this::statistics;
  }

  @AfterEach
  void close() throws IOException {
    server.close();
    for (Socket each : accepted) {
      each.close();
    }
  }

  private static VmNetwork network(int port) {
    return new VmNetwork(
        "52:54:00:00:00:01", "10.0.2.15/24", "10.0.2.2", List.of(), "127.0.0.1", port);
  }

  private VmStatistics statistics(Vm vm) {
    if (vm.machine() == null) {
      return new VmStatistics(vm, START, 0, null, null, null);
    }
    GuestStatistics guest =
        new GuestStatistics(
            Duration.ofSeconds(1),
            1000,
            freeMemory,
            0,
            1,
            Duration.ZERO,
            Duration.ZERO,
            List.of(new FileSystem("/", 1000, 900), new FileSystem("/root", 1000, freeDisk)));
    return new VmStatistics(
        vm,
        START,
        0,
        new MachineStatistics(Duration.ZERO, 0, 0, 0, 1),
        lab.guests.silent.contains(vm.id()) ? null : guest,
        null);
  }

  private CompletableFuture<Void> greets(String text) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            Socket socket = server.accept();
            accepted.add(socket);
            socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
  }

  @Test
  void ping_prints_the_time_of_each() {
    lab.vms.add("3333cccc0000", "db", VmState.RUNNING);
    assertThat(lab.run("vm", "ping", "web", "db")).isZero();
    assertThat(lab.out()).isEqualTo("web: 1.8 ms\ndb: 1.8 ms\n");
  }

  @Test
  void ping_asks_as_often_as_it_is_told() {
    assertThat(lab.run("vm", "ping", "-c", "2", "web")).isZero();
    assertThat(lab.out()).isEqualTo("web: 1.8 ms\nweb: 1.8 ms\n");
    assertThat(lab.run("vm", "ping", "-c", "0", "web")).isEqualTo(2);
    assertThat(lab.guests.pings).hasSize(2);
  }

  @Test
  void ping_fails_when_one_does_not_answer() {
    lab.vms.add("3333cccc0000", "db", VmState.RUNNING);
    lab.guests.silent.add("1111aaaa0000");
    assertThat(lab.run("vm", "ping", "web", "db")).isEqualTo(1);
    assertThat(lab.out()).isEqualTo("db: 1.8 ms\n");
    assertThat(lab.err()).contains("the guest does not answer");
    assertThatThrownBy(() -> lab.run("vm", "ping", "web")).hasMessage("the guest does not answer");
  }

  @Test
  void ping_waits_for_a_silent_agent_no_longer_than_a_few_seconds() {
    lab.guests.late.add("1111aaaa0000");
    assertThatThrownBy(() -> lab.run("vm", "ping", "web"))
        .hasMessage("the agent of 'web' does not answer within 5 s");
  }

  @Test
  void a_healthy_vm_passes_layer_by_layer() {
    greets("hello\r\nSSH-2.0-server\u001b[31m 1\r\n");
    assertThat(lab.run("vm", "health", "web")).isZero();
    assertThat(lab.out())
        .isEqualTo(
            """
            PASS  vmm
                  qemu runs with kvm, process 4711
            PASS  agent
                  answers in 1.8 ms
            PASS  ssh
                  127.0.0.1:%d greets: SSH-2.0-server^[[31m 1
            PASS  disk
                  900 B of 1000 B free in /
            PASS  disk
                  100 B of 1000 B free in /root
            PASS  memory
                  100 B of 1000 B available
            """
                .formatted(server.getLocalPort()));
  }

  @Test
  void little_space_and_little_memory_are_warnings() {
    greets("SSH-2.0-x\n");
    freeDisk = 99;
    freeMemory = 99;
    assertThat(lab.run("vm", "health", "web")).isZero();
    assertThat(lab.out())
        .containsSubsequence(
            "WARN  disk", "99 B of 1000 B free in /root", "banger vm set web --work-disk-size …")
        .containsSubsequence("WARN  memory", "banger vm set web --memory …")
        .doesNotContain("FAIL");
  }

  @Test
  void a_vm_that_does_not_run_fails_and_nothing_else_is_looked_at() {
    assertThat(lab.run("vm", "health", "off")).isEqualTo(1);
    assertThat(lab.out())
        .startsWith("FAIL  vmm\n      it does not run\n")
        .contains("banger vm start off")
        .doesNotContain("agent");
    assertThat(lab.guests.pings).isEmpty();
  }

  @Test
  void a_silent_agent_on_a_full_host_is_told_as_such() {
    lab.guests.silent.add("1111aaaa0000");
    VmHealth health =
        new HealthExamination(lab.vms, lab.guests, directory -> 4096)
            .examine(lab.vms.vms.get(0), Operation.background());
    assertThat(health.findings())
        .filteredOn(finding -> finding.check().equals("agent"))
        .singleElement()
        .satisfies(finding -> assertThat(finding.detail()).contains("the host's disk is full"))
        .satisfies(finding -> assertThat(finding.remedy()).contains("goes on by itself"));
  }

  @Test
  void a_silent_agent_fails_and_hides_what_only_it_can_tell() {
    greets("SSH-2.0-x\n");
    lab.guests.silent.add("1111aaaa0000");
    assertThat(lab.run("vm", "health", "web")).isEqualTo(1);
    assertThat(lab.out())
        .contains("FAIL  agent\n      the guest does not answer\n", "PASS  ssh")
        .doesNotContain("disk", "memory");
  }

  @Test
  void an_ssh_server_that_leaves_at_once_fails() throws Exception {
    CompletableFuture<Void> gone = greets("bye\n").thenRun(() -> closeQuietly(accepted.get(0)));
    assertThat(lab.run("vm", "health", "web")).isEqualTo(1);
    gone.get();
    assertThat(lab.out()).containsSubsequence("FAIL  ssh", "closed", "PASS  disk");
  }

  private static void closeQuietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void a_port_at_which_nobody_listens_fails() throws Exception {
    server.close();
    assertThat(lab.run("vm", "health", "web")).isEqualTo(1);
    assertThat(lab.out()).containsSubsequence("FAIL  ssh", "refused", "banger vm exec web");
  }

  @Test
  void a_server_that_talks_without_end_is_no_ssh_server() {
    greets("x".repeat(9000));
    assertThat(lab.run("vm", "health", "web")).isEqualTo(1);
    assertThat(lab.out()).contains("what answers there is no ssh server");
  }

  @Test
  void a_server_that_says_nothing_is_waited_for_no_longer_than_told() {
    assertThatThrownBy(
            () ->
                SshGreeting.read(
                    "127.0.0.1",
                    server.getLocalPort(),
                    Duration.ofMillis(50),
                    Operation.background()))
        .isInstanceOf(IOException.class)
        .hasMessage("it says nothing within 0.05 s");
  }

  @Test
  void who_leaves_is_not_held_by_a_server_that_says_nothing() throws Exception {
    CompletableFuture<Void> connected =
        greets("").thenRun(() -> lab.console.operation.cancel("Ctrl-C"));
    assertThatThrownBy(() -> lab.run("vm", "health", "web"))
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.CANCELLED);
    connected.get();
  }

  @Test
  void several_are_told_apart_and_as_json_with_the_worst_of_each() {
    greets("SSH-2.0-x\n");
    assertThat(lab.run("vm", "health", "web", "off")).isEqualTo(1);
    assertThat(lab.out()).startsWith("web:\nPASS  vmm").contains("\n\noff:\nFAIL  vmm");
    lab.console = new FakeConsole();
    greets("SSH-2.0-x\n");
    assertThat(lab.run("vm", "health", "web", "off", "--json")).isEqualTo(1);
    JsonNode all = TestJson.tree(lab.out());
    assertThat(all.at("/0/vm_name").asText()).isEqualTo("web");
    assertThat(all.at("/0/status").asText()).isEqualToIgnoringCase("pass");
    assertThat(all.at("/0/findings/2/check").asText()).isEqualTo("ssh");
    assertThat(all.at("/1/status").asText()).isEqualToIgnoringCase("fail");
    assertThat(all.at("/1/findings/0/remedy").asText()).contains("vm start off");
  }
}
