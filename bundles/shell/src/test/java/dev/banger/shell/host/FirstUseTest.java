// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.doctor.DoctorCheck;
import dev.banger.doctor.Finding;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.shell.CommandLab;
import dev.banger.shell.FakeConsole;
import dev.banger.shell.FakeHost;
import dev.banger.shell.TestJson;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class FirstUseTest {
  private final FakeHost host = new FakeHost();
  private final AtomicInteger looks = new AtomicInteger();
  private boolean lacks = true;
  private final DoctorCheck qemu =
      operation -> {
        looks.incrementAndGet();
        return List.of(
            lacks
                ? Finding.fail("qemu", "no qemu", "install it", "qemu-system-x86", "qemu-utils")
                : Finding.pass("qemu", "7.2"));
      };

  private CommandLab lab(boolean root) {
    DoctorChecks checks = Doctor.with(qemu);
    return new CommandLab(checks, Doctor.firstUse(checks, host, root));
  }

  @Test
  void root_without_a_terminal_installs_unasked_and_goes_on() {
    CommandLab lab = lab(true);
    host.onStart = () -> lacks = false;
    assertThat(lab.run("vm", "run", "--rm", "--", "true")).isZero();
    assertThat(host.started).hasSize(1);
    assertThat(host.started.get(0))
        .startsWith("apt-get", "install", "--yes")
        .endsWith("qemu-system-x86", "qemu-utils");
    assertThat(lab.err()).contains("installing qemu-system-x86 qemu-utils\n", "Setting up\n");
    assertThat(lab.out()).isEqualTo("out\n");
  }

  @Test
  void the_lists_of_packages_are_fetched_when_it_does_not_work_without() {
    CommandLab lab = lab(true);
    host.statuses.add(100);
    host.onStart = () -> lacks = host.started.size() < 3;
    assertThat(lab.run("vm", "run", "--rm", "--", "true")).isZero();
    assertThat(host.started).hasSize(3);
    assertThat(host.started.get(1)).containsExactly("apt-get", "update");
  }

  @Test
  void a_person_is_asked_and_sudo_runs_on_their_terminal() {
    CommandLab lab = lab(false);
    lab.console = new FakeConsole().person().types("\n");
    lab.console.onLocal = () -> lacks = false;
    assertThat(lab.run("vm", "run", "--rm", "--", "true")).isZero();
    assertThat(lab.err()).contains("Install qemu-system-x86 qemu-utils now? [Y/n] ");
    assertThat(lab.console.locally).hasSize(1);
    assertThat(lab.console.locally.get(0)).startsWith("sudo", "apt-get", "install");
    assertThat(host.started).isEmpty();
  }

  @Test
  void root_at_a_terminal_is_asked_too_and_the_daemon_installs() {
    CommandLab lab = lab(true);
    lab.console = new FakeConsole().person().types("y\nrest");
    host.onStart = () -> lacks = false;
    lab.run("vm", "run", "--rm", "--", "cat");
    assertThat(lab.console.locally).isEmpty();
    assertThat(host.started).hasSize(1);
    assertThat(lab.guests.read).isEqualTo("rest");
  }

  @Test
  void a_no_changes_nothing() {
    for (String answer : List.of("n\n", "what?\n", "")) {
      CommandLab lab = lab(true);
      lab.console = new FakeConsole().person().types(answer);
      assertThatThrownBy(() -> lab.run("vm", "run", "--rm", "--", "true"))
          .hasMessageContaining("banger doctor --fix")
          .extracting(e -> ((BangerException) e).code())
          .isEqualTo(ErrorCode.HOST_UNFIT);
      assertThat(lab.vms.calls).isEmpty();
    }
    assertThat(host.started).isEmpty();
  }

  @Test
  void a_script_that_is_not_root_is_told_what_to_do_before_anything_is_created() {
    CommandLab lab = lab(false);
    for (String[] argv :
        List.of(
            new String[] {"vm", "run", "--", "true"},
            new String[] {"vm", "create"},
            new String[] {"vm", "start", "web"},
            new String[] {"image", "pull", "debian-trixie"})) {
      assertThatThrownBy(() -> lab.run(argv)).hasMessageContaining("banger doctor --fix");
    }
    assertThat(lab.vms.calls).isEmpty();
    assertThat(lab.images.calls).isEmpty();
    assertThat(lab.console.locally).isEmpty();
  }

  @Test
  void an_installation_that_fails_or_does_not_help_is_an_error() {
    CommandLab lab = lab(true);
    host.statuses.addAll(List.of(100, 0, 100));
    assertThatThrownBy(() -> lab.run("vm", "create"))
        .hasMessageContaining("apt-get ended with 100");
    assertThatThrownBy(() -> lab.run("vm", "create")).hasMessageContaining("still lacks");
    assertThat(lab.vms.calls).isEmpty();
  }

  @Test
  void a_fit_host_is_looked_at_once_until_a_step_finds_it_unfit() {
    lacks = false;
    CommandLab lab = lab(false);
    lab.run("vm", "create");
    lab.run("vm", "create");
    assertThat(looks).hasValue(1);
    lab.vms.failures.put("create", new BangerException(ErrorCode.HOST_UNFIT, "qemu is gone"));
    assertThatThrownBy(() -> lab.run("vm", "create")).hasMessage("qemu is gone");
    lab.vms.failures.clear();
    lab.run("vm", "create");
    assertThat(looks).hasValue(2);
  }

  @Test
  void findings_that_no_package_mends_do_not_hold_a_command_up() {
    DoctorChecks checks =
        Doctor.with(operation -> List.of(Finding.fail("kvm", "no /dev/kvm", "enable it")));
    CommandLab lab = new CommandLab(checks, Doctor.firstUse(checks, host, false));
    assertThat(lab.run("vm", "create")).isZero();
  }

  @Test
  void doctor_shows_rows_and_fails_on_fail() {
    CommandLab lab = lab(false);
    assertThat(lab.run("doctor")).isEqualTo(1);
    assertThat(lab.out()).isEqualTo("FAIL  qemu\n      no qemu\n      → install it\n");
    lacks = false;
    lab.console = new FakeConsole();
    assertThat(lab.run("doctor")).isZero();
    assertThat(lab.out()).isEqualTo("PASS  qemu\n      7.2\n");
    lab.console = new FakeConsole().person();
    lab.run("doctor");
    assertThat(lab.out()).startsWith("\u001b[32mPASS\u001b[0m  qemu");
  }

  @Test
  void doctor_fix_installs_and_looks_again() {
    CommandLab lab = lab(true);
    host.onStart = () -> lacks = false;
    assertThat(lab.run("doctor", "--fix")).isZero();
    assertThat(host.started).hasSize(1);
    assertThat(lab.out()).startsWith("PASS");
    assertThat(lab.run("doctor", "--fix")).isZero();
    assertThat(host.started).hasSize(1);
  }

  @Test
  void doctor_fix_without_root_or_terminal_says_what_to_type() {
    assertThatThrownBy(() -> lab(false).run("doctor", "--fix"))
        .hasMessageContaining("sudo apt-get install qemu-system-x86 qemu-utils");
  }

  @Test
  void doctor_as_json_has_the_status_and_packages() {
    CommandLab lab = lab(false);
    assertThat(lab.run("doctor", "--json")).isEqualTo(1);
    assertThat(TestJson.tree(lab.out()).at("/0/packages/1").asText()).isEqualTo("qemu-utils");
  }

  @Test
  void a_check_that_throws_or_hangs_is_a_row_and_harms_no_other() {
    CountDownLatch never = new CountDownLatch(1);
    DoctorCheck throwing =
        operation -> {
          throw new IllegalStateException("boom");
        };
    DoctorCheck hanging =
        operation -> {
          try {
            never.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return List.of();
        };
    lacks = false;
    DoctorChecks checks = new DoctorChecks(Duration.ofSeconds(4), List.of(throwing, hanging, qemu));
    List<Finding> findings = checks.examine(dev.banger.operation.Operation.background());
    assertThat(findings)
        .extracting(Finding::status)
        .containsExactly(Finding.Status.FAIL, Finding.Status.FAIL, Finding.Status.PASS);
    assertThat(findings.get(0).detail()).contains("boom");
    assertThat(findings.get(1).detail()).contains("in time");
  }
}
