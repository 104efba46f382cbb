// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.Listener;
import dev.banger.hypervisor.PortForward;
import dev.banger.shell.CommandLab;
import dev.banger.shell.FakeConsole;
import dev.banger.shell.TestJson;
import dev.banger.vm.ChangeVm;
import dev.banger.vm.Lifetime;
import dev.banger.vm.PublishPort;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChangeCommandsTest {
  private final CommandLab lab = new CommandLab();
  private Vm web;

  @BeforeEach
  void machines() {
    web = lab.vms.add("1111aaaa0000", "web", VmState.STOPPED);
    lab.vms.add("2222bbbb0000", "web-two", VmState.RUNNING);
    lab.vms.add("3333cccc0000", "db", VmState.STOPPED);
  }

  private void replaceWeb(Vm other) {
    lab.vms.vms.set(0, other);
  }

  @Test
  void set_changes_what_is_given_and_nothing_else() {
    assertThat(
            lab.run(
                "vm",
                "set",
                "web",
                "--vcpu",
                "4",
                "--memory",
                "2G",
                "--disk-size",
                "40G",
                "--work-disk-size",
                "20G",
                "--label",
                "team=blue",
                "--label",
                "a=b=c",
                "--remove-label",
                "trial",
                "--ttl",
                "1h30m",
                "--idle-stop",
                "none"))
        .isZero();
    assertThat(lab.out()).isEqualTo("web\n");
    assertThat(lab.vms.change)
        .isEqualTo(
            ChangeVm.builder()
                .vcpus(4)
                .memoryMib(2048L)
                .diskBytes(40L << 30)
                .workDiskBytes(20L << 30)
                .labels(Map.of("team", "blue", "a", "b=c"))
                .removedLabels(List.of("trial"))
                .timeToLive(Duration.ofMinutes(90))
                .idleStop(Duration.ZERO)
                .build());
    lab.run("vm", "set", "web", "--label", "x=");
    assertThat(lab.vms.change).isEqualTo(ChangeVm.builder().labels(Map.of("x", "")).build());
  }

  @Test
  void set_without_a_change_is_wrong_usage() {
    assertThat(lab.run("vm", "set", "web")).isEqualTo(2);
    assertThat(lab.run("vm", "set", "web", "--json")).isEqualTo(2);
    assertThat(lab.err()).contains("nothing to change");
    assertThat(lab.vms.calls).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"--ttl=0s", "--ttl=soon", "--idle-stop=5", "--label=x", "--label==x", "--vcpu=0"})
  void set_refuses_garbage_before_anything_is_changed(String option) {
    assertThat(lab.run("vm", "set", "web", option)).isEqualTo(2);
    assertThat(lab.vms.calls).isEmpty();
  }

  @Test
  void set_serves_the_valid_ones_and_prints_them_as_json() {
    lab.vms.failures.put("set 2222bbbb0000", new BangerException(ErrorCode.IN_USE, "it runs"));
    assertThat(lab.run("vm", "set", "web", "web-two", "db", "--vcpu", "2", "--json")).isEqualTo(1);
    JsonNode changed = TestJson.tree(lab.out());
    assertThat(changed.findValuesAsText("name")).containsExactly("web", "db");
    assertThat(lab.err()).contains("banger: it runs (op-test)");
  }

  @Test
  void rename_prints_the_new_name_and_checks_it_first() {
    assertThat(lab.run("vm", "rename", "web", "shop")).isZero();
    assertThat(lab.out()).isEqualTo("shop\n");
    assertThat(lab.vms.calls).containsExactly("rename web shop");
    assertThat(lab.run("vm", "rename", "web", "Shop!")).isEqualTo(2);
    assertThat(lab.run("vm", "rename", "web")).isEqualTo(2);
    assertThat(lab.vms.calls).hasSize(1);
  }

  @Test
  void touch_serves_several() {
    assertThat(lab.run("vm", "touch", "web", "db")).isZero();
    assertThat(lab.out()).isEqualTo("web\ndb\n");
    assertThat(lab.vms.calls).containsExactlyInAnyOrder("touch 1111aaaa0000", "touch 3333cccc0000");
  }

  @Test
  void reset_asks_and_does_it_on_yes_alone() {
    lab.console.person().types("y\n");
    assertThat(lab.run("vm", "reset", "web")).isZero();
    assertThat(lab.err())
        .contains("The root disk of web is made anew; its home (work disk) stays. Go on? [y/N] ");
    assertThat(lab.vms.calls).containsExactly("reset 1111aaaa0000");
    for (String no : List.of("\n", "n\n", "", "yeah\n")) {
      lab.console = new FakeConsole().person().types(no);
      assertThatThrownBy(() -> lab.run("vm", "reset", "web")).hasMessage("nothing was changed");
    }
    assertThat(lab.vms.calls).hasSize(1);
  }

  @Test
  void reset_of_several_asks_once_and_names_what_would_be_lost() {
    replaceWeb(web.withSpec(withoutWorkDisk(web)));
    lab.console.person().types("yes\n");
    assertThat(lab.run("vm", "reset", "web", "web-two", "db", "nope")).isEqualTo(1);
    assertThat(lab.err())
        .contains("The root disks of web-two, db are made anew; their homes (work disks) stay.\n")
        .contains("All that was written in web is lost, for want of a work disk the home, too.")
        .containsOnlyOnce("[y/N]")
        .contains("vm \"nope\" not found");
    assertThat(lab.out()).isEqualTo("web\nweb-two\ndb\n");
  }

  private static dev.banger.vm.VmSpec withoutWorkDisk(Vm vm) {
    return new dev.banger.vm.VmSpec(
        vm.spec().vcpus(), vm.spec().memoryMib(), vm.spec().diskBytes(), 0, vm.spec().network());
  }

  @ParameterizedTest
  @ValueSource(strings = {"reset", "prune"})
  void without_a_terminal_yes_is_needed(String verb) {
    String[] argv =
        verb.equals("reset") ? new String[] {"vm", "reset", "web"} : new String[] {"vm", "prune"};
    assertThat(lab.run(argv)).isEqualTo(2);
    assertThat(lab.err()).contains("'banger vm " + verb + " --yes'");
    assertThat(lab.vms.calls).isEmpty();
  }

  @Test
  void reset_with_yes_asks_nobody() {
    assertThat(lab.run("vm", "reset", "--yes", "web")).isZero();
    assertThat(lab.err()).isEmpty();
    assertThat(lab.vms.calls).containsExactly("reset 1111aaaa0000");
  }

  @Test
  void prune_shows_asks_and_prints_the_names_of_those_removed() {
    lab.console.person().types("y\n");
    assertThat(lab.run("vm", "prune", "--unused", "7d", "--label", "a=b")).isZero();
    assertThat(lab.out()).isEqualTo("web\ndb\n");
    assertThat(lab.err())
        .contains("1111aaaa0000  web   stopped")
        .contains("Delete these 2 VMs? [y/N] ");
    assertThat(lab.vms.calls)
        .containsExactly(
            "prune PruneVms[unused=PT168H, labels={a=b}, dryRun=true]",
            "prune PruneVms[unused=PT168H, labels={a=b}, dryRun=true]",
            "prune PruneVms[unused=PT168H, labels={a=b}, dryRun=false]");
  }

  @Test
  void prune_deletes_nothing_on_no() {
    lab.console.person().types("\n");
    assertThatThrownBy(() -> lab.run("vm", "prune")).hasMessage("nothing was changed");
    assertThat(lab.vms.calls).allMatch(call -> call.endsWith("dryRun=true]"));
  }

  @Test
  void prune_deletes_nothing_that_was_not_shown() {
    lab.console.person();
    lab.console.in =
        new java.io.ByteArrayInputStream("y\n".getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
          @Override
          public synchronized int read() {
            if (lab.vms.vms.size() == 3) {
              lab.vms.add("4444dddd0000", "late", VmState.STOPPED);
            }
            return super.read();
          }
        };
    assertThatThrownBy(() -> lab.run("vm", "prune")).hasMessageContaining("more than was shown");
    assertThat(lab.vms.calls).allMatch(call -> call.endsWith("dryRun=true]"));
  }

  @Test
  void prune_dry_runs_anywhere_and_deletes_nothing() {
    assertThat(lab.run("vm", "prune", "--dry-run")).isZero();
    assertThat(lab.out()).startsWith("ID            NAME  STATE    LABELS  CREATED");
    lab.console = new FakeConsole();
    lab.run("vm", "prune", "--dry-run", "--json");
    assertThat(TestJson.tree(lab.out())).hasSize(2);
    assertThat(lab.vms.calls).allMatch(call -> call.endsWith("dryRun=true]"));
  }

  @Test
  void prune_with_nothing_to_delete_asks_nothing() {
    lab.vms.vms.removeIf(vm -> vm.state() != VmState.RUNNING);
    lab.console.person();
    assertThat(lab.run("vm", "prune")).isZero();
    assertThat(lab.err()).isEqualTo("there is nothing to delete\n");
    lab.console = new FakeConsole();
    lab.run("vm", "prune", "--yes", "--json");
    assertThat(TestJson.tree(lab.out())).isEmpty();
  }

  @Test
  void list_filters_by_label_and_state() {
    replaceWeb(web.withLabels(Map.of("team", "blue", "tier", "front")));
    assertThat(listed("--label", "team=blue")).isEqualTo("1111aaaa0000\n");
    assertThat(listed("--label", "team=blue", "--label", "tier=front")).isNotEmpty();
    assertThat(listed("--label", "team=blue", "--label", "tier=back")).isEmpty();
    assertThat(listed("--label", "team=red")).isEmpty();
    assertThat(listed("--state", "running")).isEqualTo("2222bbbb0000\n");
    assertThat(listed("--state", "STOPPED")).isEqualTo("1111aaaa0000\n3333cccc0000\n");
    assertThat(lab.run("vm", "list", "--state", "asleep")).isEqualTo(2);
    assertThat(lab.err()).contains("created, running, stopped, error");
  }

  private String listed(String... options) {
    lab.console = new FakeConsole();
    List<String> argv = new java.util.ArrayList<>(List.of("vm", "list", "-q"));
    argv.addAll(List.of(options));
    lab.run(argv.toArray(String[]::new));
    return lab.out();
  }

  @Test
  void show_tells_labels_lifetime_use_and_work_disk() {
    replaceWeb(
        web.withLabels(Map.of("team", "blue", "a", "b"))
            .withLifetime(
                new Lifetime(Instant.parse("2026-02-03T04:05:06Z"), Duration.ofMinutes(90)))
            .usedAt(Instant.parse("2026-01-03T00:00:00Z")));
    lab.run("vm", "show", "web");
    assertThat(lab.out().lines().map(line -> line.replaceAll(":  +", ": ")))
        .contains(
            "labels: a=b, team=blue",
            "expires: 2026-02-03T04:05:06Z",
            "idle stop: 1h30m",
            "last used: 2026-01-03T00:00:00Z",
            "work disk: /state/vms/1111aaaa0000/work.raw (8 GiB)");
    lab.console = new FakeConsole();
    lab.run("vm", "show", "db");
    assertThat(lab.out()).doesNotContain("expires").doesNotContain("idle").doesNotContain("labels");
  }

  @Test
  void a_new_vm_has_what_was_asked_for() {
    lab.run(
        "vm",
        "create",
        "--name",
        "new",
        "--work-disk-size",
        "0",
        "--label",
        "a=b",
        "--ttl",
        "2h",
        "--idle-stop",
        "30m");
    assertThat(lab.err()).contains("| 8 GiB disk (builtin)\n");
    assertThat(lab.vms.request.workDiskBytes()).isZero();
    assertThat(lab.vms.request.labels()).isEqualTo(Map.of("a", "b"));
    assertThat(lab.vms.request.timeToLive()).isEqualTo(Duration.ofHours(2));
    assertThat(lab.vms.request.idleStop()).isEqualTo(Duration.ofMinutes(30));
    lab.console = new FakeConsole();
    lab.run("vm", "create", "--name", "other", "--work-disk-size", "20G");
    assertThat(lab.err()).contains("| 8 GiB disk (builtin) | 20 GiB work disk (flag)\n");
    assertThat(lab.run("vm", "create", "--ttl", "none")).isEqualTo(2);
  }

  @Test
  void a_forward_leads_to_what_listens_at_its_port_and_not_on_loopback() {
    PortForward ssh = Urls.forwards(web).get(0);
    assertThat(Urls.of(ssh)).isEqualTo("ssh://root@127.0.0.1:20022");
    assertThat(Urls.leadsTo(ssh, new Listener("tcp", "0.0.0.0", 22))).isTrue();
    assertThat(Urls.leadsTo(ssh, new Listener("tcp6", "::", 22))).isTrue();
    assertThat(Urls.leadsTo(ssh, new Listener("tcp", "127.0.0.1", 22))).isFalse();
    assertThat(Urls.leadsTo(ssh, new Listener("tcp6", "::1", 22))).isFalse();
    assertThat(Urls.leadsTo(ssh, new Listener("udp", "0.0.0.0", 22))).isFalse();
    assertThat(Urls.leadsTo(ssh, new Listener("tcp", "0.0.0.0", 80))).isFalse();
  }

  @Test
  void published_ports_have_a_url_that_the_host_can_open() {
    assertThat(Urls.of(new PortForward("127.0.0.1", 8080, 80))).isEqualTo("http://127.0.0.1:8080");
    assertThat(Urls.of(new PortForward("0.0.0.0", 8443, 443))).isEqualTo("https://127.0.0.1:8443");
    assertThat(Urls.of(new PortForward("10.1.2.3", 30_000, 3000)))
        .isEqualTo("http://10.1.2.3:30000");
  }

  @Test
  void ports_are_published_by_a_new_vm_and_told() {
    lab.run("vm", "create", "-p", "8080:80", "--publish=0.0.0.0:443:8443", "-p", "5432");

    assertThat(lab.vms.request.ports())
        .containsExactly(
            new PublishPort(null, 8080, 80),
            new PublishPort("0.0.0.0", 443, 8443),
            new PublishPort(null, null, 5432));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":",
        "80:",
        ":80",
        "a:80",
        "80/tcp",
        "::1:80:80",
        "1:2:3:4",
        "-1:80",
        "+8:80",
        " 80",
        "8080:80\n",
        "127.0.0.1::80",
        "localhost:8080:80",
        "999999:80",
        "8080:$(id)",
        "\u0668:80"
      })
  void garbage_is_no_port(String value) {
    assertThat(lab.run("vm", "create", "-p" + value)).isEqualTo(2);
    assertThat(lab.run("vm", "ports", "add", "web", value)).isEqualTo(2);
    assertThat(lab.vms.calls).isEmpty();
  }

  @Test
  void ports_are_added_and_removed_by_a_change() {
    replaceWeb(web.withPorts(List.of(new PortForward("127.0.0.1", 30_001, 80))));
    assertThat(lab.run("vm", "ports", "add", "web", "80", "0:81", "127.0.0.2:1:2")).isZero();
    assertThat(lab.vms.change.addedPorts())
        .containsExactly(
            new PublishPort(null, null, 80),
            new PublishPort(null, 0, 81),
            new PublishPort("127.0.0.2", 1, 2));
    assertThat(lab.out()).isEqualTo("127.0.0.1:30001:80\n");
    assertThat(lab.run("vm", "ports", "remove", "web", "8080", "9090", "--json")).isZero();
    assertThat(lab.vms.change.removedPorts()).containsExactly(8080, 9090);
    assertThat(lab.vms.change.addedPorts()).isEmpty();
    assertThat(lab.run("vm", "ports", "remove", "web")).isEqualTo(2);
    assertThat(lab.run("vm", "ports", "add", "web")).isEqualTo(2);
  }

  @Test
  void show_tells_the_published_ports() {
    replaceWeb(
        web.withPorts(
            List.of(new PortForward("127.0.0.1", 8080, 80), new PortForward("0.0.0.0", 1, 2))));
    lab.run("vm", "show", "web");
    assertThat(lab.out().lines().map(line -> line.replaceAll(":  +", ": ")))
        .contains("ports: 127.0.0.1:8080:80, 0.0.0.0:1:2");
    lab.console = new FakeConsole();
    lab.run("vm", "show", "web", "--json");
    assertThat(TestJson.tree(lab.out()).at("/ports/0/host_port").asInt()).isEqualTo(8080);
  }
}
