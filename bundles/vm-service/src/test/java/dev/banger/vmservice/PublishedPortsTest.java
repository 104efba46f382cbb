// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.event.Event;
import dev.banger.hypervisor.PortForward;
import dev.banger.operation.Operation;
import dev.banger.vm.ChangeVm;
import dev.banger.vm.CreateVm;
import dev.banger.vm.PublishPort;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class PublishedPortsTest {
  private static final Operation OPERATION = Operation.background();
  private static final PortForward WEB = new PortForward("127.0.0.1", 8080, 80);

  @TempDir Path directory;
  private Platform platform;

  @BeforeEach
  void activate() {
    platform = new Platform(directory);
    platform.rename("port-forward");
  }

  @AfterEach
  void deactivate() {
    platform.close();
  }

  @Test
  void a_new_machine_has_the_ports_that_were_asked_for_on_loopback_by_default() {
    Vm web = create("web", publish(8080, 80), new PublishPort("0.0.0.0", 443, 443));

    assertThat(web.ports()).containsExactly(WEB, new PortForward("0.0.0.0", 443, 443));
    assertThat(platform.stored(web)).isEqualTo(web);
  }

  @Test
  void a_port_is_chosen_that_nobody_has_and_kept() {
    Vm web = create("web", publish(null, 80), publish(0, 80));

    assertThat(web.ports())
        .doesNotHaveDuplicates()
        .allSatisfy(port -> assertThat(port.hostPort()).isBetween(30_000, 32_767));
    platform.start("web");
    platform.machines().stop("web", Duration.ZERO, OPERATION);
    assertThat(platform.stored(web).ports()).isEqualTo(web.ports());
  }

  @Test
  void a_port_is_never_chosen_among_those_for_ssh() {
    platform.settings.put("sshPortFirst", 30_000);
    platform.settings.put("sshPortLast", 32_766);
    platform.restart();

    assertThat(create("web", publish(null, 80)).ports())
        .containsExactly(new PortForward("127.0.0.1", 32_767, 80));
    refused(ErrorCode.HOST_UNFIT, "name a port", () -> create("other", publish(null, 80)));
    assertThat(platform.machines().list()).hasSize(1);
  }

  @Test
  void a_port_of_an_address_that_is_not_the_hosts_cannot_be_chosen() {
    refused(
        ErrorCode.HOST_UNFIT,
        "192.0.2.1",
        () -> create("web", new PublishPort("192.0.2.1", null, 80)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "localhost",
        "::1",
        "127.1",
        "127.0.0.01",
        "127.0.0.256",
        "1.2.3.4.5",
        "127.0.0.1\n",
        "127.0.0.1,hostfwd=tcp::1-:1",
        "\u0661.1.1.1",
        "0x7f.0.0.1"
      })
  void an_address_that_is_not_a_plain_ipv4_address_is_refused(String address) {
    refused(ErrorCode.BAD_REQUEST, "IPv4", () -> create("web", new PublishPort(address, 8080, 80)));
    assertThat(platform.machines().list()).isEmpty();
  }

  @Test
  void ports_that_cannot_be_are_refused() {
    refused(ErrorCode.BAD_REQUEST, "guest's port", () -> create("web", publish(8080, 0)));
    refused(ErrorCode.BAD_REQUEST, "65536", () -> create("web", publish(8080, 65_536)));
    refused(ErrorCode.BAD_REQUEST, "host's port", () -> create("web", publish(-1, 80)));
    refused(ErrorCode.BAD_REQUEST, "65536", () -> create("web", publish(65_536, 80)));
    refused(
        ErrorCode.BAD_REQUEST,
        "at most 64",
        () ->
            create("web", Collections.nCopies(65, publish(8080, 80)).toArray(PublishPort[]::new)));
    assertThat(platform.machines().list()).isEmpty();
  }

  @Test
  void one_port_of_the_host_leads_to_one_place() {
    refused(
        ErrorCode.BAD_REQUEST,
        "port 80 of the guest already",
        () -> create("web", publish(8080, 80), publish(8080, 81)));
    refused(
        ErrorCode.BAD_REQUEST,
        "already",
        () -> create("web", publish(8080, 80), new PublishPort("0.0.0.0", 8080, 80)));
    assertThat(create("web", publish(8080, 80), publish(8080, 80), publish(8081, 80)).ports())
        .containsExactly(WEB, new PortForward("127.0.0.1", 8081, 80));
  }

  @Test
  void a_port_of_another_machine_is_refused_with_its_name() {
    Vm web = create("web", publish(8080, 80));
    Vm blog = platform.create("blog");

    refused(
        ErrorCode.ALREADY_EXISTS,
        "banger vm ports remove web 8080",
        () -> create("third", new PublishPort("0.0.0.0", 8080, 80)));
    refused(ErrorCode.ALREADY_EXISTS, "vm \"web\"", () -> change("blog", publish(8080, 8000)));
    refused(
        ErrorCode.ALREADY_EXISTS,
        "ssh server of vm \"web\"",
        () -> change("blog", publish(web.network().sshPort(), 80)));
    refused(
        ErrorCode.ALREADY_EXISTS,
        "ssh server of vm \"blog\"",
        () -> change("blog", publish(blog.network().sshPort(), 80)));
    assertThat(platform.machines().list()).containsExactly(web, blog);
    platform.machines().set("web", removal(8080), OPERATION);
    assertThat(change("blog", publish(8080, 80)).ports()).containsExactly(WEB);
  }

  @Test
  void ssh_gets_no_port_that_is_published() {
    platform.settings.put("sshPortFirst", 20_100);
    platform.settings.put("sshPortLast", 20_101);
    platform.restart();
    Vm web = create("web", publish(20_100, 80));

    assertThat(web.network().sshPort()).isEqualTo(20_101);
    refused(ErrorCode.HOST_UNFIT, "ssh", () -> platform.create("other"));
  }

  @Test
  void ports_are_removed_before_others_are_added_and_all_is_told() {
    create("web", publish(8080, 80), publish(8081, 81));

    Vm web =
        platform
            .machines()
            .set("web", change(List.of(publish(8080, 8000)), List.of(8080, 9999)), OPERATION);

    assertThat(web.ports())
        .containsExactly(
            new PortForward("127.0.0.1", 8081, 81), new PortForward("127.0.0.1", 8080, 8000));
    assertThat(platform.stored(web)).isEqualTo(web);
    assertThat(platform.events.after(0, null, Integer.MAX_VALUE))
        .filteredOn(event -> event.kind().equals(Event.CHANGED))
        .singleElement()
        .satisfies(event -> assertThat(event.details().get("ports")).contains("8080:8000"));
    assertThat(platform.capability.changes).hasSize(1);
    platform.machines().set("web", change(List.of(publish(8080, 8000)), List.of(9)), OPERATION);
    assertThat(platform.capability.changes).hasSize(1);
  }

  @Test
  void a_machine_does_not_publish_more_and_more_ports() {
    List<PublishPort> many = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      many.add(publish(9000 + i, 80));
    }
    create("web", many.toArray(PublishPort[]::new));

    refused(ErrorCode.BAD_REQUEST, "at most 64", () -> change("web", publish(8080, 80)));
    platform.machines().set("web", change(List.of(publish(8080, 80)), List.of(9000)), OPERATION);
  }

  @Test
  void a_change_that_a_capability_refuses_is_not_made() {
    Vm web = create("web", publish(8080, 80));
    platform.faults.inject("check_change");

    refused(
        ErrorCode.OPERATION_FAILED,
        "check_change",
        () -> platform.machines().set("web", removal(8080), OPERATION));
    refused(
        ErrorCode.OPERATION_FAILED,
        "check_change",
        () -> platform.machines().rename("web", "blog", OPERATION));

    assertThat(platform.machines().list()).containsExactly(web);
    assertThat(platform.capability.changes).isEmpty();
    platform.faults.clear();
    assertThat(platform.machines().rename("web", "blog", OPERATION).name()).isEqualTo("blog");
  }

  @Test
  void without_the_capability_nothing_is_created_started_or_changed_that_needs_it() {
    Vm web = create("web", publish(8080, 80));
    Vm bare = platform.create("bare");
    platform.rename("fake");

    missing(() -> create("other", publish(9090, 90)));
    missing(() -> platform.start("web"));
    missing(() -> change("bare", publish(9090, 90)));

    assertThat(platform.machines().list()).containsExactly(web, bare);
    assertThat(platform.start("bare").state()).isEqualTo(VmState.RUNNING);
    platform.machines().set("web", removal(8080), OPERATION);
    assertThat(platform.start("web").state()).isEqualTo(VmState.RUNNING);
  }

  @Test
  void without_the_capability_a_running_machine_keeps_its_ports() {
    create("web", publish(8080, 80));
    Vm running = platform.start("web");
    platform.rename("fake");

    missing(() -> platform.machines().set("web", removal(8080), OPERATION));

    assertThat(platform.stored(running).ports()).isEqualTo(running.ports()).isNotEmpty();
  }

  private static void missing(Runnable call) {
    refused(ErrorCode.UNAVAILABLE, "dev.banger.port-forward", call);
  }

  private Vm create(String name, PublishPort... ports) {
    return platform
        .machines()
        .create(
            CreateVm.builder()
                .name(name)
                .vcpus(1)
                .memoryMib(128L)
                .diskBytes(1L << 30)
                .ports(List.of(ports))
                .build(),
            OPERATION);
  }

  private Vm change(String name, PublishPort... ports) {
    return platform.machines().set(name, change(List.of(ports), List.of()), OPERATION);
  }

  private static ChangeVm change(List<PublishPort> added, List<Integer> removed) {
    return ChangeVm.builder().addedPorts(added).removedPorts(removed).build();
  }

  private static ChangeVm removal(int hostPort) {
    return change(List.of(), List.of(hostPort));
  }

  private static PublishPort publish(Integer hostPort, int guestPort) {
    return new PublishPort(null, hostPort, guestPort);
  }

  private static void refused(ErrorCode code, String words, Runnable call) {
    assertThatThrownBy(call::run)
        .hasMessageContaining(words)
        .isInstanceOfSatisfying(BangerException.class, e -> assertThat(e.code()).isEqualTo(code));
  }
}
