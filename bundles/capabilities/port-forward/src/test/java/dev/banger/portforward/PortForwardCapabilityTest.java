// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.portforward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.MachineConfig;
import dev.banger.hypervisor.PortForward;
import dev.banger.operation.Operation;
import dev.banger.testkit.VmBuilder;
import dev.banger.vm.Vm;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PortForwardCapabilityTest {
  private static final Operation OPERATION = Operation.background();
  private static final PortForward WEB = new PortForward("127.0.0.1", 8080, 80);
  private static final PortForward DATABASE = new PortForward("127.0.0.1", 5432, 5432);
  private static final PortForward OTHER_WEB = new PortForward("127.0.0.1", 8080, 8000);

  private final FakeHypervisor hypervisor = new FakeHypervisor();
  private final List<Vm> records = new ArrayList<>();
  private final PortForwardCapability capability =
      new PortForwardCapability(new FakeVmStore(records), List.of(hypervisor));

  @Test
  void the_ports_of_the_record_are_published_at_the_start() {
    MachineConfig.Additions additions = new MachineConfig.Additions();

    capability.contribute(vm("web", WEB, DATABASE), additions, OPERATION);

    assertThat(additions.portForwards()).containsExactly(WEB, DATABASE);
  }

  @Test
  void while_the_store_is_updated_what_must_know_it_is_refused_and_ports_stay() {
    capability.store = null;
    Vm web = vm("web", WEB);
    assertThatThrownBy(() -> capability.checkStart(web, OPERATION))
        .isInstanceOfSatisfying(
            BangerException.class,
            refusal -> assertThat(refusal.code()).isEqualTo(ErrorCode.UNAVAILABLE));
    MachineConfig.Additions additions = new MachineConfig.Additions();
    capability.contribute(web, additions, OPERATION);
    assertThat(additions.portForwards()).containsExactly(WEB);
  }

  @Test
  void a_start_is_refused_when_a_program_has_a_port_and_not_when_it_is_free() throws IOException {
    PortForward port;
    try (ServerSocket program = listening()) {
      port = new PortForward("127.0.0.1", program.getLocalPort(), 80);
      Vm web = vm("web", port);
      records.add(web);

      refused(() -> capability.checkStart(web, OPERATION), "for vm \"web\"", port, "ss -ltnp");
      refused(
          () -> capability.checkStart(vm("web", everywhere(port)), OPERATION), "0.0.0.0", port, "");
    }

    capability.checkStart(vm("web", port), OPERATION);
  }

  @Test
  void a_start_that_is_refused_names_the_machine_that_publishes_the_port() throws IOException {
    try (ServerSocket vmm = listening()) {
      PortForward port = new PortForward("127.0.0.1", vmm.getLocalPort(), 80);
      records.add(vm("blog", everywhere(port)));

      refused(
          () -> capability.checkStart(vm("web", port), OPERATION),
          "published by vm \"blog\"",
          port,
          "banger vm ports remove blog " + port.hostPort());
    }
  }

  @Test
  void an_address_that_is_not_the_hosts_is_refused() {
    // TEST-NET-1 (RFC 5737) is nobody's.
    PortForward foreign = new PortForward("192.0.2.1", 8080, 80);

    refused(() -> capability.checkStart(vm("web", foreign), OPERATION), "192.0.2.1", foreign, "");
  }

  @Test
  void a_change_is_refused_when_a_new_port_is_taken() throws IOException {
    try (ServerSocket program = listening()) {
      PortForward taken = new PortForward("127.0.0.1", program.getLocalPort(), 80);
      Vm before = running("web", WEB);

      refused(
          () -> capability.checkChange(before, running("web", WEB, taken), OPERATION),
          "cannot be published",
          taken,
          "");
      capability.checkChange(running("web", taken), running("web", taken), OPERATION);
      capability.checkChange(running("web", taken), running("web", WEB, taken), OPERATION);
    }
    assertThat(hypervisor.calls).isEmpty();
  }

  @Test
  void a_port_that_the_machine_has_may_lead_elsewhere_from_now_on() throws IOException {
    try (ServerSocket ownVmm = listening()) {
      PortForward before = new PortForward("127.0.0.1", ownVmm.getLocalPort(), 80);
      PortForward after = new PortForward("127.0.0.1", ownVmm.getLocalPort(), 8000);

      capability.checkChange(running("web", before), running("web", after), OPERATION);
      capability.checkChange(running("web", before), running("web", everywhere(after)), OPERATION);
    }
  }

  @Test
  void a_change_withdraws_and_publishes_on_a_running_machine() {
    hypervisor.published.addAll(List.of(WEB, DATABASE));

    capability.changed(
        running("web", WEB, DATABASE), running("web", DATABASE, OTHER_WEB), OPERATION);

    assertThat(hypervisor.published).containsExactly(DATABASE, OTHER_WEB);
    assertThat(hypervisor.calls).containsExactly("remove " + WEB, "add " + OTHER_WEB);
  }

  @Test
  void a_change_of_a_machine_that_does_not_run_or_of_something_else_touches_nothing() {
    capability.changed(vm("web"), vm("web", WEB), OPERATION);
    capability.changed(running("web", WEB), running("blog", WEB), OPERATION);
    hypervisor.running = false;
    capability.changed(running("web"), running("web", WEB), OPERATION);

    assertThat(hypervisor.calls).isEmpty();
  }

  @Test
  void a_port_that_fails_is_told_and_does_not_keep_the_others() {
    hypervisor.published.add(WEB);
    hypervisor.failing = Set.of(8080);

    assertThatThrownBy(
            () ->
                capability.changed(
                    running("web", WEB), running("web", OTHER_WEB, DATABASE), OPERATION))
        .hasMessage("8080 is taken")
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));

    assertThat(hypervisor.published).containsExactly(WEB, DATABASE);
  }

  @Test
  void what_is_missing_is_published_late_and_what_is_there_stays() {
    hypervisor.published.add(WEB);

    capability.started(running("web", WEB, DATABASE), true, OPERATION);
    capability.started(running("web", WEB, DATABASE), true, OPERATION);

    assertThat(hypervisor.published).containsExactly(WEB, DATABASE);
  }

  @Test
  void nothing_is_published_again_at_the_end_of_a_start() {
    capability.started(running("web", WEB), false, OPERATION);

    assertThat(hypervisor.calls).isEmpty();
  }

  @Test
  void a_machine_that_still_runs_loses_its_ports_when_the_capability_leaves() {
    hypervisor.published.addAll(List.of(WEB, DATABASE));

    capability.cleanUp(running("web", WEB, DATABASE), OPERATION);
    capability.cleanUp(running("web", WEB, DATABASE), OPERATION);

    assertThat(hypervisor.published).isEmpty();
  }

  @Test
  void there_is_nothing_to_clean_up_after_a_machine_that_has_ended() {
    capability.cleanUp(vm("web", WEB), OPERATION);
    hypervisor.running = false;
    capability.cleanUp(running("web", WEB), OPERATION);
    assertThat(hypervisor.calls).isEmpty();

    hypervisor.running = true;
    hypervisor.endsAtNextCall = true;
    capability.cleanUp(running("web", WEB, DATABASE), OPERATION);

    assertThat(hypervisor.calls).hasSize(2);
  }

  @Test
  void without_its_hypervisor_a_running_machine_keeps_what_is_owed() {
    PortForwardCapability alone = new PortForwardCapability(new FakeVmStore(records), List.of());

    assertThatThrownBy(() -> alone.cleanUp(running("web", WEB), OPERATION))
        .hasMessageContaining("fake")
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
    alone.cleanUp(running("web"), OPERATION);
    alone.cleanUp(vm("web", WEB), OPERATION);
  }

  private static PortForward everywhere(PortForward port) {
    return new PortForward("0.0.0.0", port.hostPort(), port.guestPort());
  }

  private static ServerSocket listening() throws IOException {
    return new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
  }

  private static void refused(Runnable call, String word, PortForward port, String advice) {
    assertThatThrownBy(call::run)
        .hasMessageContaining(word)
        .hasMessageContaining(Integer.toString(port.hostPort()))
        .hasMessageContaining(advice)
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ALREADY_EXISTS));
  }

  private static Vm running(String name, PortForward... ports) {
    return VmBuilder.vm(name).ports(ports).running().build();
  }

  private static Vm vm(String name, PortForward... ports) {
    return VmBuilder.vm(name).ports(ports).build();
  }
}
