// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class VmBuilderTest {
  private static final List<Vm> MACHINES =
      List.of(
          VmBuilder.vm("web").build(),
          VmBuilder.vm("web").running().build(),
          VmBuilder.vm("web").stopped().build(),
          VmBuilder.vm("web").failed("no kernel").build(),
          VmBuilder.running(VmBuilder.vm("web").workDisk(1 << 30).build()));

  @Test
  void records_are_valid_in_every_state() {
    assertThat(MACHINES.stream().map(Vm::state).distinct())
        .containsExactlyInAnyOrder(VmState.values());
    assertThat(MACHINES)
        .allSatisfy(
            vm -> {
              assertThat(vm.id()).matches("[0-9a-f]{12}");
              assertThat(vm.imageId()).matches("[0-9a-f]{12}");
              assertThat(vm.machine() != null).isEqualTo(vm.state() == VmState.RUNNING);
              assertThat(vm.lastError() != null).isEqualTo(vm.state() == VmState.ERROR);
              assertThat(vm.startedAt() == null).isEqualTo(vm.state() == VmState.CREATED);
              assertThat(vm.files().workDisk() != null).isEqualTo(vm.spec().workDiskBytes() > 0);
              assertThat(vm.network().macAddress()).matches("52:54:00(:[0-9a-f]{2}){3}");
              assertThat(vm.network().sshPort()).isBetween(1024, 65535);
            });
  }

  @Test
  void the_process_of_a_machine_is_nobody() {
    assertThat(ProcessHandle.of(MACHINES.get(1).machine().pid())).isEmpty();
  }

  @Test
  void machines_are_told_apart_by_their_names() {
    List<String> ids =
        Stream.of("web", "other", "a", "b", "web-1", "web-2")
            .map(name -> VmBuilder.vm(name).build().id())
            .toList();
    assertThat(ids).doesNotHaveDuplicates();
    assertThat(VmBuilder.vm("web").stopped().build().id()).isEqualTo(ids.get(0));
  }

  @Test
  void what_is_no_name_is_refused() {
    for (String name : List.of("", "-web", "web-", "Web", "a/b", "a".repeat(64))) {
      assertThatThrownBy(() -> VmBuilder.vm(name)).isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(VmBuilder.vm("a".repeat(63)).build().name()).hasSize(63);
  }
}
