// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.operation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.operation.OperationStatus;
import dev.banger.operation.OperationStatus.Failure;
import dev.banger.operation.OperationStatus.State;
import dev.banger.shell.CommandLab;
import dev.banger.shell.FakeOperations;
import dev.banger.shell.TestJson;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class OperationCommandsTest {
  private final CommandLab lab = new CommandLab();

  private OperationStatus operation(State state, Object result, String... stages) {
    return FakeOperations.operation(state, result, null, stages);
  }

  @Test
  void create_in_the_background_prints_the_id_and_says_how_to_wait() {
    assertThat(lab.run("vm", "create", "--name", "web", "--ttl", "2h", "--background")).isZero();
    assertThat(lab.out()).isEqualTo("op-test\n");
    assertThat(lab.err()).contains("wait for it with 'banger operation wait op-test'\n");
    assertThat(lab.vms.calls).isEmpty();
    assertThat(lab.operations.calls).containsExactly("begin vm.create op-test");
    JsonNode parameters = TestJson.tree(new TestJson().write(lab.operations.parameters));
    assertThat(parameters.get("name").asText()).isEqualTo("web");
    assertThat(parameters.get("time_to_live").asText()).isEqualTo("PT2H");
    assertThat(parameters.get("start").asBoolean()).isTrue();
  }

  @Test
  void create_in_the_background_may_leave_the_vm_alone_and_print_json() {
    lab.run("vm", "create", "--no-start", "--background", "--json");
    assertThat(lab.operations.parameters.get("start")).isEqualTo(false);
    assertThat(TestJson.tree(lab.out()).get("op_id").asText()).isEqualTo("op-test");
  }

  @Test
  void create_in_the_background_begins_nothing_that_cannot_succeed() {
    lab.vms.add("1111aaaa0000", "web", dev.banger.vm.VmState.RUNNING);
    assertThatThrownBy(() -> lab.run("vm", "create", "--name", "web", "--background"))
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.ALREADY_EXISTS);
    assertThat(lab.operations.calls).isEmpty();
  }

  @Test
  void wait_shows_the_stages_and_prints_the_name_in_the_end() {
    lab.operations.known =
        operation(State.DONE, Map.of("name", "calm-otter"), "image", "boot", "agent");
    assertThat(lab.run("operation", "wait", "op-1")).isZero();
    assertThat(lab.out()).isEqualTo("calm-otter\n");
    assertThat(lab.err()).isEqualTo("image goes on\nboot goes on\nagent goes on\n");
  }

  @Test
  void wait_prints_results_of_other_forms_as_json_and_none_not_at_all() {
    lab.operations.known = operation(State.DONE, List.of(1, 2));
    lab.run("operation", "wait", "op-1");
    assertThat(lab.out()).isEqualTo("[1,2]\n");
    lab.console = new dev.banger.shell.FakeConsole();
    lab.operations.known = operation(State.DONE, null);
    lab.run("operation", "wait", "op-1");
    assertThat(lab.out()).isEmpty();
  }

  @Test
  void wait_as_json_prints_the_whole_record() {
    lab.operations.known = operation(State.DONE, Map.of("name", "calm-otter"));
    lab.run("operation", "wait", "op-1", "--json");
    assertThat(lab.out()).isEqualTo("{\"name\":\"calm-otter\"}\n");
  }

  @Test
  void wait_ends_as_the_operation_did() {
    lab.operations.known =
        FakeOperations.operation(
            State.FAILED, null, new Failure(ErrorCode.NO_SPACE, "the disk is full"), "image");
    assertThatThrownBy(() -> lab.run("operation", "wait", "op-1"))
        .hasMessage("the disk is full (of op-1)")
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.NO_SPACE);
    lab.operations.known =
        FakeOperations.operation(
            State.CANCELLED, null, new Failure(ErrorCode.CANCELLED, "by op-2"));
    assertThatThrownBy(() -> lab.run("operation", "wait", "op-1"))
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.CANCELLED);
  }

  @Test
  void who_stops_waiting_does_not_cancel() {
    lab.operations.known = operation(State.RUNNING, null, "image");
    lab.operations.onAwait = () -> lab.console.operation.cancel("Ctrl-C");
    assertThatThrownBy(() -> lab.run("operation", "wait", "op-1")).hasMessage("Ctrl-C");
    assertThat(lab.operations.calls).containsExactly("await op-1");
  }

  @Test
  void an_unknown_operation_is_told() {
    assertThatThrownBy(() -> lab.run("operation", "wait", "op-9"))
        .hasMessage("no operation op-9 is known");
  }

  @Test
  void list_leaves_itself_out() {
    lab.operations.list("op-old", State.DONE, true);
    lab.operations.list("op-test", State.RUNNING, false);
    lab.operations.list("op-new", State.RUNNING, true);
    lab.run("operation", "list");
    assertThat(lab.out().lines().toList()).hasSize(3);
    assertThat(lab.out())
        .contains("op-old  vm.create  done")
        .contains("op-new  vm.create  running");
    lab.console = new dev.banger.shell.FakeConsole();
    lab.run("operation", "ls", "--json");
    assertThat(TestJson.tree(lab.out())).hasSize(2);
  }

  @Test
  void show_tells_the_stages_and_the_error() {
    lab.operations.known =
        FakeOperations.operation(
            State.FAILED,
            null,
            new Failure(ErrorCode.NO_SPACE, "the disk is full"),
            "image",
            "boot");
    lab.run("operation", "show", "op-1");
    assertThat(lab.out())
        .isEqualTo(
            """
            id:       op-1
            method:   vm.create
            state:    failed
            started:  2026-01-02T03:04:05Z
            ended:    2026-01-02T03:04:14Z
            error:    the disk is full
            code:     no_space

            AT                    STAGE  DOING
            2026-01-02T03:04:05Z  image  image goes on
            2026-01-02T03:04:06Z  boot   boot goes on
            """);
  }

  @Test
  void cancel_names_the_operation() {
    assertThat(lab.run("operation", "cancel", "op-1")).isZero();
    assertThat(lab.out()).isEqualTo("op-1\n");
    assertThat(lab.operations.calls).containsExactly("cancel op-1");
  }

  @Test
  void ids_are_completed() {
    lab.operations.list("op-old", State.DONE, true);
    lab.operations.list("op-new", State.RUNNING, true);
    assertThat(complete("show")).containsExactly("op-new", "op-old");
    assertThat(complete("wait")).containsExactly("op-new");
    assertThat(complete("cancel")).containsExactly("op-new");
  }

  private List<String> complete(String verb) {
    return lab.commands().complete(List.of("operation", verb, ""), 2, Operation.background());
  }
}
