// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.ExecRequest;
import dev.banger.image.ImageConfig;
import dev.banger.shell.CommandLab;
import dev.banger.shell.FakeConsole;
import dev.banger.vm.Disposable;
import dev.banger.vm.VmState;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunCommandTest {
  private static final String ID = "aaaaaaaaaaaa";

  private static final ImageConfig MAKERS =
      new ImageConfig(
          Map.of("LANG", "C.UTF-8"), "daemon", "/srv", List.of("/bin/env"), List.of("-0"));

  private final CommandLab lab = new CommandLab();

  @Test
  void runs_a_command_whose_bytes_alone_reach_standard_output() {
    lab.guests.status = 42;
    int status = lab.run("vm", "run", "--rm", "--", "sh", "-c", "exit 42");
    assertThat(status).isEqualTo(42);
    assertThat(lab.out()).isEqualTo("out\n");
    assertThat(lab.err())
        .contains("spec: 1 vcpu (host) | 3072 MiB (config) | 8 GiB disk (builtin)\n")
        .contains("booting\n")
        .contains("err\n")
        .doesNotContain("\u001b", "still running");
    assertThat(lab.guests.requests).containsExactly(ExecRequest.of(List.of("sh", "-c", "exit 42")));
    assertThat(lab.vms.calls).containsExactly("create null", "start " + ID, "delete " + ID);
    assertThat(lab.vms.vms).isEmpty();
  }

  @Test
  void only_a_vm_for_one_command_is_told_to_be_one() {
    lab.run("vm", "run", "--rm", "--label", "a=b", "--", "true");
    assertThat(lab.vms.request.labels()).containsEntry("a", "b").containsKey(Disposable.LABEL);
    lab.run("vm", "run", "--", "true");
    assertThat(lab.vms.request.labels()).isEmpty();
  }

  @Test
  void flags_of_a_command_without_dashes_are_the_commands() {
    lab.run("vm", "run", "--name", "web", "uname", "-a", "--rm");
    assertThat(lab.guests.requests.get(0).argv()).containsExactly("uname", "-a", "--rm");
    assertThat(lab.vms.calls).doesNotContain("delete " + ID);
  }

  @Test
  void every_word_behind_dashes_is_the_commands_own() {
    lab.run("vm", "run", "--", "echo", "--help", "--", "@file", "");
    assertThat(lab.guests.requests.get(0).argv())
        .containsExactly("echo", "--help", "--", "@file", "");
  }

  @Test
  void passes_sizes_environment_directory_and_user_on() {
    lab.run(
        "vm",
        "run",
        "--name",
        "web",
        "--image",
        "debian-trixie",
        "--vcpu",
        "2",
        "--memory",
        "4G",
        "--disk-size",
        "20GiB",
        "-e",
        "A=1",
        "--env",
        "B=x=y",
        "--workdir",
        "/tmp",
        "--user",
        "nobody",
        "--",
        "id");
    assertThat(lab.vms.request)
        .isEqualTo(
            new dev.banger.vm.CreateVm(
                "web", "debian-trixie", 2, 4096L, 20L << 30, null, null, null, null, null, null));
    ExecRequest request = lab.guests.requests.get(0);
    assertThat(request.environment()).containsOnly(Map.entry("A", "1"), Map.entry("B", "x=y"));
    assertThat(request.directory()).isEqualTo("/tmp");
    assertThat(request.user()).isEqualTo("nobody");
    assertThat(request.terminal()).isNull();
  }

  @Test
  void a_vm_that_is_deleted_at_once_has_a_work_disk_only_when_it_is_asked_for() {
    lab.run("vm", "run", "--rm", "--", "true");
    assertThat(lab.vms.request.workDiskBytes()).isZero();
    lab.run("vm", "run", "--rm", "--work-disk-size", "2G", "--", "true");
    assertThat(lab.vms.request.workDiskBytes()).isEqualTo(2L << 30);
    lab.run("vm", "run", "--", "true");
    assertThat(lab.vms.request.workDiskBytes()).isNull();
    assertThat(lab.err()).contains("| 8 GiB disk (builtin) | 8 GiB work disk (builtin)\n");
  }

  @Test
  void standard_input_reaches_the_command() {
    lab.console.types("hello");
    lab.run("vm", "run", "--rm", "--", "cat");
    assertThat(lab.guests.read).isEqualTo("hello");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "vm run --rm --                    | '--' is not followed by a command",
        "vm run -d --rm                    | exclude each other",
        "vm run -d -- true                 | --detach takes no command",
        "vm run -d -e A=1                  | --detach runs nothing",
        "vm run --name Web                 | invalid character 'W' at position 1",
        "vm run --name -web                | ",
        "vm run --name=web-                | must not start or end with '-'",
        "vm run --name deadbeefcafe        | has the form of an id",
        "vm run --vcpu 0                   | '0' is less than 1",
        "vm run --vcpu 2.5                 | not a whole number",
        "vm run --memory 0                 | '0' is zero",
        "vm run --memory -1                | ",
        "vm run --memory=-1                | '-1' is negative",
        "vm run --memory 1023K             | not a whole number of MiB",
        "vm run --disk-size 9999999999999G | more than can be counted",
        "vm run --disk-size 8X             | unknown unit 'X'",
        "vm run --disk-size GiB            | is not a size",
        "vm run -e =x                      | not of the form NAME=VALUE",
        "vm run --nope                     | no option '--nope'",
        "vm exec                           | <vm>",
        "vm exec web --                    | there is no command",
        "vm start                          | <vm>",
        "vm kill --signal NOPE web         | NOPE",
        "vm nope                           | 'banger vm' has no command 'nope'",
        "nope                              | there is no command 'nope'",
        "vm list extra                     | takes no 'extra'",
        "vm logs -n -1 web                 | cannot be negative",
      })
  void wrong_usage_is_status_2_with_a_pointer_and_without_any_call(String line, String reason) {
    lab.vms.add("bbbbbbbbbbbb", "web", VmState.RUNNING);
    int status = lab.run(line.strip().split(" +"));
    assertThat(status).isEqualTo(2);
    assertThat(lab.out()).isEmpty();
    assertThat(lab.err()).startsWith("banger: ").contains("\nsee 'banger ").contains("--help'\n");
    if (reason != null) {
      assertThat(lab.err()).contains(reason);
    }
    assertThat(lab.vms.calls).isEmpty();
    assertThat(lab.guests.requests).isEmpty();
  }

  @Test
  void an_unknown_image_is_refused_before_anything_is_created() {
    assertThatThrownBy(() -> lab.run("vm", "run", "--image", "nope", "--", "true"))
        .isInstanceOf(BangerException.class)
        .hasMessageContaining("nope");
    assertThat(lab.vms.calls).isEmpty();
  }

  @Test
  void a_taken_name_is_refused_before_anything_is_created_but_a_prefix_is_free() {
    lab.vms.add("bbbbbbbbbbbb", "beta-sandbox", VmState.STOPPED);
    assertThatThrownBy(() -> lab.run("vm", "run", "--name", "beta-sandbox", "--", "true"))
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.ALREADY_EXISTS);
    assertThat(lab.vms.calls).isEmpty();
    assertThat(lab.run("vm", "run", "--name", "beta", "--", "true")).isZero();
  }

  @Test
  void whether_a_machine_that_failed_can_be_had_again_is_for_the_service_to_say() {
    lab.vms.failures.put("create", new BangerException(ErrorCode.ALREADY_EXISTS, "it is taken"));
    lab.vms.add("bbbbbbbbbbbb", "web", VmState.ERROR);
    assertThatThrownBy(() -> lab.run("vm", "run", "--name", "web", "--", "true"))
        .hasMessage("it is taken");
    lab.vms.failures.clear();
    assertThat(lab.run("vm", "run", "--name", "web", "--", "true")).isZero();
  }

  @Test
  void detached_prints_the_name_and_runs_nothing() {
    assertThat(lab.run("vm", "run", "-d", "--name", "web")).isZero();
    assertThat(lab.out()).isEqualTo("web\n");
    assertThat(lab.guests.requests).isEmpty();
    assertThat(lab.vms.calls).containsExactly("create web", "start " + ID);
  }

  @Test
  void a_failed_creation_leaves_nothing_to_delete() {
    lab.vms.failures.put("create", new BangerException(ErrorCode.NO_SPACE, "the disk is full"));
    assertThatThrownBy(() -> lab.run("vm", "run", "--rm", "--", "true"))
        .hasMessage("the disk is full");
    assertThat(lab.vms.calls).containsExactly("create null");
  }

  @Test
  void a_failed_start_is_deleted_with_rm_and_kept_without() {
    lab.vms.failures.put("start", new BangerException(ErrorCode.OPERATION_FAILED, "no agent"));
    assertThatThrownBy(() -> lab.run("vm", "run", "--rm", "--", "true")).hasMessage("no agent");
    assertThat(lab.vms.vms).isEmpty();

    assertThatThrownBy(() -> lab.run("vm", "run", "--name", "web", "--", "true"))
        .hasMessageStartingWith("no agent")
        .hasMessageContaining("banger vm logs web")
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.OPERATION_FAILED);
    assertThat(lab.vms.vms).hasSize(1);
  }

  @Test
  void cancelled_during_the_start_the_vm_is_deleted_with_rm() {
    lab.vms.meanwhile.put("start", () -> lab.console.operation.cancel("the client went away"));
    lab.vms.failures.put("start", new BangerException(ErrorCode.CANCELLED, "gone"));
    assertThatThrownBy(() -> lab.run("vm", "run", "--rm")).hasMessage("gone");
    assertThat(lab.vms.vms).isEmpty();
  }

  @Test
  void cancelled_during_the_session_the_vm_is_deleted_with_rm() {
    lab.guests.meanwhile = () -> lab.console.operation.cancel("Ctrl-C");
    assertThatThrownBy(() -> lab.run("vm", "run", "--rm", "--", "sleep", "9"))
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.CANCELLED);
    assertThat(lab.vms.vms).isEmpty();
  }

  @Test
  void a_session_that_fails_is_deleted_with_rm_and_reminded_of_without() {
    lab.guests.failure = new BangerException(ErrorCode.BAD_REQUEST, "no such directory: nope");
    assertThatThrownBy(() -> lab.run("vm", "run", "--rm", "--", "nope"))
        .hasMessageContaining("no such directory");
    assertThat(lab.vms.vms).isEmpty();
    assertThat(lab.err()).doesNotContain("still running");

    assertThatThrownBy(() -> lab.run("vm", "run", "--name", "web", "--", "nope"))
        .hasMessageContaining("no such directory");
    assertThat(lab.err()).contains("still running").contains("banger vm delete web");
    assertThat(lab.vms.vms).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({"PROGRAM_NOT_FOUND, 127", "PROGRAM_NOT_EXECUTABLE, 126"})
  void a_program_that_cannot_be_executed_has_the_status_and_the_words_of_a_shell(
      ErrorCode code, int status) {
    lab.guests.failure = new BangerException(code, "cannot run nope: the reason");
    assertThat(lab.run("vm", "run", "--rm", "--", "nope")).isEqualTo(status);
    assertThat(lab.err()).contains("banger: cannot run nope: the reason (op-");
    assertThat(lab.vms.vms).isEmpty();

    assertThat(lab.run("vm", "run", "--name", "web", "--", "nope")).isEqualTo(status);
    assertThat(lab.err()).contains("still running");
    assertThat(lab.run("vm", "exec", "web", "--", "nope")).isEqualTo(status);
  }

  @Test
  void a_vm_that_ended_with_its_session_is_not_said_to_run() {
    lab.guests.meanwhile = () -> lab.vms.vms.replaceAll(vm -> vm.notRunning(VmState.STOPPED, null));
    assertThat(lab.run("vm", "run", "--name", "web", "--", "poweroff")).isZero();
    assertThat(lab.err()).contains("banger vm start web").doesNotContain("still running");
  }

  @Test
  void a_vm_that_was_deleted_during_its_session_is_not_spoken_of() {
    lab.guests.meanwhile = lab.vms.vms::clear;
    assertThat(lab.run("vm", "run", "--name", "web", "--", "true")).isZero();
    assertThat(lab.err()).doesNotContain("still running", "vm start", "vm delete");
  }

  @Test
  void a_failed_deletion_is_told_with_the_status_of_the_command() {
    lab.guests.status = 3;
    lab.vms.failures.put("delete", new BangerException(ErrorCode.OPERATION_FAILED, "busy"));
    assertThatThrownBy(() -> lab.run("vm", "run", "--rm", "--name", "web", "--", "false"))
        .hasMessageContaining("status 3")
        .hasMessageContaining("busy")
        .hasMessageContaining("banger vm delete web");
  }

  @Test
  void a_failed_deletion_does_not_hide_why_the_session_failed() {
    lab.guests.failure = new BangerException(ErrorCode.OPERATION_FAILED, "agent gone");
    lab.vms.failures.put("delete", new BangerException(ErrorCode.OPERATION_FAILED, "busy"));
    assertThatThrownBy(() -> lab.run("vm", "run", "--rm", "--name", "web", "--", "true"))
        .hasMessage("agent gone")
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    assertThat(lab.err()).contains("'web' could not be deleted: busy");
  }

  @Test
  void a_person_without_a_command_gets_a_login_shell_on_a_raw_terminal() {
    lab.console = new FakeConsole().person();
    lab.console.environment.put("TERM", "xterm-256color");
    lab.run("vm", "run", "--name", "web");
    ExecRequest request = lab.guests.requests.get(0);
    assertThat(request.argv().get(0)).isEqualTo("/bin/sh");
    assertThat(request.terminal().columns()).isEqualTo(90);
    assertThat(request.environment()).containsEntry("TERM", "xterm-256color");
    assertThat(lab.console.rawModes).containsExactly(true, false);
  }

  @Test
  void without_a_command_runs_what_the_image_does_as_its_maker_wants() {
    lab.images.config = MAKERS;
    lab.run("vm", "run", "--rm");
    lab.run("vm", "run", "--rm", "-u", "root", "-w", "/", "-e", "LANG=C");

    assertThat(lab.guests.requests)
        .containsExactly(
            new ExecRequest(
                List.of("/bin/env", "-0"), Map.of("LANG", "C.UTF-8"), "/srv", "daemon", null),
            new ExecRequest(List.of("/bin/env", "-0"), Map.of("LANG", "C"), "/", "root", null));
  }

  @Test
  void a_command_has_the_images_environment_alone_unless_asked_for_more() {
    lab.images.config = MAKERS;
    lab.run("vm", "run", "--rm", "--", "id");
    lab.run("vm", "run", "--rm", "--as-image", "--", "id");

    assertThat(lab.guests.requests)
        .containsExactly(
            new ExecRequest(List.of("id"), Map.of("LANG", "C.UTF-8"), null, null, null),
            new ExecRequest(
                List.of("/bin/env", "id"), Map.of("LANG", "C.UTF-8"), "/srv", "daemon", null));
  }

  @Test
  void the_terminal_is_restored_when_the_session_fails() {
    lab.console = new FakeConsole().person();
    lab.guests.failure = new BangerException(ErrorCode.OPERATION_FAILED, "agent gone");
    assertThatThrownBy(() -> lab.run("vm", "run")).hasMessage("agent gone");
    assertThat(lab.console.rawModes).containsExactly(true, false);
  }

  @Test
  void a_script_without_a_command_gets_a_shell_that_reads_its_input() {
    lab.console.types("echo hi\n");
    lab.run("vm", "run", "--rm");
    assertThat(lab.guests.requests.get(0).terminal()).isNull();
    assertThat(lab.guests.read).isEqualTo("echo hi\n");
    assertThat(lab.console.rawModes).isEmpty();
  }
}
