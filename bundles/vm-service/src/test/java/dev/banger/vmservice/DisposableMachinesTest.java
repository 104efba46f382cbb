// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.vm.ChangeVm;
import dev.banger.vm.CreateVm;
import dev.banger.vm.Disposable;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Machines for one command do not outlive the daemon that runs it. */
@Timeout(60)
class DisposableMachinesTest {
  @TempDir Path directory;
  private Platform platform;

  @BeforeEach
  void activate() {
    platform = new Platform(directory);
  }

  @AfterEach
  void deactivate() {
    platform.close();
    platform.hypervisor.killAll();
  }

  private Vm create(Map<String, String> labels) {
    return platform
        .machines()
        .create(
            new CreateVm("web", null, 1, 128L, null, null, null, labels, null, null, null),
            Operation.background());
  }

  private Vm ofADaemonThatDied(Vm vm) {
    Vm others = vm.withLabels(Map.of(Disposable.LABEL, "4711-1796128365982"));
    platform.store.update(others);
    return others;
  }

  @Test
  void one_that_runs_is_ended_and_deleted_by_the_next_daemon() {
    create(Disposable.labels(Map.of()));
    Vm vm = ofADaemonThatDied(platform.start("web"));
    platform.restart();
    awaitGone();
    assertThat(platform.hypervisor.running()).isZero();
    assertThat(vm.files().directory()).doesNotExist();
  }

  @Test
  void one_that_never_ran_is_deleted_too() {
    ofADaemonThatDied(create(Disposable.labels(Map.of())));
    platform.restart();
    awaitGone();
  }

  @Test
  void the_same_one_can_be_had_before_anybody_has_looked_at_what_is_left() {
    create(Disposable.labels(Map.of()));
    Vm left = ofADaemonThatDied(platform.start("web"));
    Vm again = create(Disposable.labels(Map.of()));
    assertThat(again.id()).isNotEqualTo(left.id());
    assertThat(platform.store.list()).containsExactly(again);
    assertThat(platform.hypervisor.running()).isZero();
  }

  @Test
  void one_of_this_daemon_outlives_an_update_in_it() {
    create(Disposable.labels(Map.of("team", "blue")));
    Vm vm = platform.start("web");
    platform.restart();
    platform.machines().touch("web", Operation.background());
    Vm kept = platform.machines().find("web");
    assertThat(kept.state()).isEqualTo(VmState.RUNNING);
    assertThat(kept.labels()).containsEntry("team", "blue").isEqualTo(vm.labels());
  }

  @Test
  void nobody_makes_one_of_another_process_by_mistake() {
    Map<String, String> others = Map.of(Disposable.LABEL, "yes");
    assertRefused(() -> create(others));
    create(Map.of());
    assertRefused(
        () ->
            platform
                .machines()
                .set("web", ChangeVm.builder().labels(others).build(), Operation.background()));
    assertThat(platform.machines().find("web").labels()).isEmpty();
  }

  private static void assertRefused(ThrowingCallable call) {
    assertThatThrownBy(call)
        .hasMessageContaining(Disposable.LABEL)
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BAD_REQUEST));
  }

  private void awaitGone() {
    Operation.background()
        .within(Duration.ofSeconds(30))
        .await(() -> platform.store.list().isEmpty(), Duration.ofMillis(2));
  }
}
