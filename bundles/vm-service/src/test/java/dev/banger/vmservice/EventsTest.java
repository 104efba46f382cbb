// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.event.Event;
import dev.banger.operation.Operation;
import dev.banger.operation.Progress;
import dev.banger.vm.Vm;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventsTest {
  @TempDir Path root;
  private Platform platform;

  @BeforeEach
  void open() {
    platform = new Platform(root);
  }

  @AfterEach
  void close() {
    platform.close();
  }

  private List<Event> of(Vm vm, String kind) {
    return platform.events.after(0, vm.id(), 1000).stream()
        .filter(event -> event.kind().equals(kind))
        .toList();
  }

  @Test
  void a_life_is_told_from_creation_to_deletion() {
    Vm vm = platform.create("web");
    platform.start("web");
    platform.machines().stop("web", Duration.ofSeconds(1), Operation.background());
    platform.start("web");
    platform.machines().kill("web", "KILL", Operation.background());
    platform.machines().delete("web", Operation.background());

    assertThat(platform.events.kinds(vm.id()))
        .containsExactly(
            "created",
            "starting",
            "started",
            "stopping",
            "stopped",
            "starting",
            "started",
            "stopped",
            "deleted");
    assertThat(of(vm, Event.CREATED).get(0).details())
        .containsEntry("image", "debian")
        .containsKeys("image_ms", "kernel_ms", "reserve_ms");
    assertThat(of(vm, Event.STOPPED))
        .extracting(event -> event.details().get("how"))
        .containsExactly("power_off", "signal");
  }

  @Test
  void each_step_of_a_start_is_told_with_its_layer_and_the_operation() {
    Vm vm = platform.create("web");
    Operation operation = Operation.of("op-mine", Progress.NONE);
    platform.machines().start("web", operation);

    List<Event> stages = of(vm, Event.STAGE);
    assertThat(stages)
        .extracting(event -> event.details().get("layer") + " " + event.details().get("step"))
        .contains("disk root_disk", "vmm hypervisor", "guest agent");
    assertThat(stages)
        .allSatisfy(
            event -> {
              assertThat(event.operationId()).isEqualTo("op-mine");
              assertThat(Long.parseLong(event.details().get("ms"))).isNotNegative();
              assertThat(event.details()).doesNotContainKey("error");
            });
  }

  @Test
  void a_failed_start_tells_which_step_failed_and_why() {
    Vm vm = platform.create("web");
    platform.faults.inject("hypervisor");
    assertThatThrownBy(() -> platform.start("web")).isNotNull();

    List<Event> stages = of(vm, Event.STAGE);
    Event last = stages.get(stages.size() - 1);
    assertThat(last.details()).containsEntry("step", "hypervisor").containsKey("error");
    assertThat(of(vm, Event.START_FAILED))
        .singleElement()
        .satisfies(
            event ->
                assertThat(event.details().get("error")).isEqualTo(last.details().get("error")));
    assertThat(of(vm, Event.STARTED)).isEmpty();
  }

  @Test
  void what_another_daemon_started_is_told_as_adopted() {
    Vm vm = platform.create("web");
    platform.start("web");
    platform.restart();
    Operation.background()
        .within(Duration.ofSeconds(30))
        .await(() -> !of(vm, Event.ADOPTED).isEmpty(), Duration.ofMillis(5));

    assertThat(of(vm, Event.ADOPTED)).hasSize(1);
  }
}
