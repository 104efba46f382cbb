// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.event.Event;
import dev.banger.operation.Operation;
import dev.banger.shell.CommandLab;
import dev.banger.shell.FakeConsole;
import dev.banger.shell.TestJson;
import dev.banger.vm.VmState;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EventCommandsTest {
  private static final Instant TIME = Instant.parse("2026-01-02T03:04:05.678Z");

  private final CommandLab lab = new CommandLab();

  @BeforeEach
  void machine() {
    lab.vms.add("1111aaaa0000", "web", VmState.RUNNING);
  }

  private void tell(String kind, String id, String name, String operation, String... details) {
    Map<String, String> named = new LinkedHashMap<>();
    for (int i = 0; i < details.length; i += 2) {
      named.put(details[i], details[i + 1]);
    }
    lab.events.append(new Event(0, TIME, kind, id, name, operation, named));
  }

  private void web(String kind, String... details) {
    tell(kind, "1111aaaa0000", "web", "op-1", details);
  }

  private void startOfWeb() {
    web("created", "image", "debian", "image_ms", "12", "kernel_ms", "3", "reserve_ms", "4");
    web("starting");
    web("stage", "layer", "disk", "step", "root_disk", "ms", "20");
  }

  @Test
  void events_are_lines_with_their_details_and_steps_only_on_request() {
    startOfWeb();
    tell("deleted", "9999", "old", "op-9");

    lab.run("events");
    assertThat(lab.out().lines())
        .containsExactly(
            TIME + "  web  created  image=debian  image_ms=12  kernel_ms=3  reserve_ms=4",
            TIME + "  web  starting",
            TIME + "  old  deleted");

    lab.console = new FakeConsole();
    lab.run("events", "--steps", "--vm", "web", "-n", "1");
    assertThat(lab.out().lines())
        .containsExactly(TIME + "  web  stage  layer=disk  step=root_disk  ms=20");
  }

  @Test
  void what_a_guest_or_a_plugin_put_into_a_detail_stays_on_its_line() {
    web("ended", "error", "a\n\u001b[31mb");

    lab.run("events");

    assertThat(lab.out().lines()).singleElement().asString().doesNotContain("\u001b");
  }

  @Test
  void as_json_each_event_is_a_line_and_readers_resume_behind_a_number() {
    startOfWeb();

    lab.run("events", "--json", "--after", "1");

    assertThat(lab.out().lines()).hasSize(2);
    JsonNode stage = TestJson.tree(lab.out().lines().toList().get(1));
    assertThat(stage.get("number").asLong()).isEqualTo(3);
    assertThat(stage.get("vm_id").asText()).isEqualTo("1111aaaa0000");
    assertThat(stage.at("/details/step").asText()).isEqualTo("root_disk");
  }

  @Test
  void following_shows_what_happens_until_the_caller_leaves() throws Exception {
    web("starting");
    CompletableFuture<Integer> run =
        CompletableFuture.supplyAsync(() -> lab.run("events", "--follow", "-n", "0"));
    Operation waiting = Operation.background().within(Duration.ofSeconds(20));
    // Following begins at some time: what happens before is not shown.
    while (!lab.out().contains("started")) {
      waiting.pause(Duration.ofMillis(5));
      web("started", "ms", "5");
    }
    lab.console.operation().cancel("left");

    assertThatThrownBy(() -> run.get(20, TimeUnit.SECONDS)).hasMessageContaining("left");
    assertThat(lab.out()).doesNotContain("starting");
  }

  @Test
  void following_ends_with_ctrl_c_and_says_nothing_of_that() throws Exception {
    CompletableFuture<Integer> run =
        CompletableFuture.supplyAsync(() -> lab.run("events", "--follow", "-n", "0"));
    Operation waiting = Operation.background().within(Duration.ofSeconds(20));
    while (!lab.out().contains("started")) {
      waiting.pause(Duration.ofMillis(5));
      web("started", "ms", "5");
    }
    lab.console.interrupt();

    assertThat(run.get(20, TimeUnit.SECONDS)).isEqualTo(130);
    assertThat(lab.err()).isEmpty();
  }

  @Test
  void what_a_capability_did_later_is_explained_with_its_bundle() {
    startOfWeb();
    web("started", "ms", "3100");
    web("capability_applied", "capability", "dns", "bundle", "example.dns 1.0.0", "ms", "1");
    web("capability_failed", "capability", "nat", "bundle", "example.nat 2", "error", "no");

    lab.run("vm", "explain", "web");

    assertThat(lab.out())
        .contains("(dns of bundle example.dns 1.0.0), ", "(nat of bundle example.nat 2: no)");
  }

  @Test
  void a_start_is_explained_step_by_step() {
    startOfWeb();
    web("started", "ms", "3100");
    web("stopped", "how", "power_off");

    lab.run("vm", "explain", "web");

    assertThat(lab.out())
        .contains("vm:          web (1111aaaa0000)", "took:        3100 ms")
        .containsSubsequence(
            "image   resolve    12  ok", "store   reserve    4   ok", "disk    root_disk  20  ok")
        .contains("since then:  stopped " + TIME)
        .doesNotContain("why:", "next:");
  }

  @Test
  void a_failure_is_explained_with_its_reason_and_what_to_do() {
    startOfWeb();
    web("stage", "layer", "guest", "step", "agent", "ms", "90", "error", "no answer");
    web("start_failed", "code", "operation_failed", "error", "no answer");

    lab.run("vm", "explain", "web", "--json");

    JsonNode explanation = TestJson.tree(lab.out());
    assertThat(explanation.get("outcome").asText()).isEqualTo("failed");
    assertThat(explanation.get("ms").isNull()).isTrue();
    assertThat(explanation.get("error").asText()).isEqualTo("no answer");
    assertThat(explanation.at("/steps/4/error").asText()).isEqualTo("no answer");
    assertThat(explanation.at("/next/0").asText()).isEqualTo("banger vm logs web");
  }

  @Test
  void only_the_last_start_counts_and_one_that_never_ended_is_told() {
    startOfWeb();
    web("start_failed", "error", "first");
    tell("starting", "1111aaaa0000", "web", "op-2");
    tell("stage", "1111aaaa0000", "web", "op-2", "layer", "vmm", "step", "hypervisor", "ms", "7");

    lab.run("vm", "explain", "web");

    assertThat(lab.out())
        .contains("last start:  unfinished", "op-2", "hypervisor")
        .doesNotContain("first", "root_disk");
  }

  @Test
  void machines_that_are_gone_are_found_by_their_last_name() {
    tell("starting", "9999bbbb0000", "old", "op-9");
    tell("start_failed", "9999bbbb0000", "old", "op-9", "error", "broken");
    tell("deleted", "9999bbbb0000", "old", "op-9");

    lab.run("vm", "explain", "old");
    assertThat(lab.out()).contains("old (9999bbbb0000)", "why:", "broken").doesNotContain("next:");
    lab.console = new FakeConsole();
    lab.run("events", "--vm", "9999bbbb0000");
    assertThat(lab.out().lines()).hasSize(3);

    assertThatThrownBy(() -> lab.run("vm", "explain", "nobody"))
        .extracting(e -> ((BangerException) e).code())
        .isEqualTo(ErrorCode.NOT_FOUND);
    assertThat(lab.run("events", "-n", "-1")).isEqualTo(2);
  }
}
