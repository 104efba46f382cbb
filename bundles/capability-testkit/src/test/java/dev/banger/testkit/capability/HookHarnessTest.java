// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.testkit.capability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.capability.Capability;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HookHarnessTest {
  private final List<String> calls = new ArrayList<>();
  private boolean failing;

  private final Notes fixture =
      new Notes() {
        @Override
        public List<? extends Capability> services() {
          return List.of(new Recorded(this, "first"), new Recorded(this, "second"));
        }

        @Override
        public void boot(Started started) {
          super.boot(started);
          calls.add("boot");
        }
      };

  private final class Recorded extends NoteCapability {
    private final String name;

    Recorded(Notes notes, String name) {
      super(notes);
      this.name = name;
    }

    @Override
    public void checkStart(Vm vm, Operation operation) {
      calls.add(name + " check " + vm.state());
    }

    @Override
    public void prepareHost(Vm vm, Operation operation) {
      calls.add(name + " prepare");
    }

    @Override
    public void started(Vm vm, boolean late, Operation operation) {
      calls.add(name + " started " + vm.state() + (late ? " late" : ""));
      if (failing && name.equals("second")) {
        throw new BangerException(ErrorCode.OPERATION_FAILED, "no");
      }
    }

    @Override
    public void cleanUp(Vm vm, Operation operation) {
      calls.add(name + " clean " + vm.state());
    }
  }

  @Test
  void the_hooks_of_a_life_are_called_in_order() {
    HookHarness harness = new HookHarness(fixture);
    Vm web = fixture.machine("web");

    Started started = harness.start(web);
    harness.startedLate(started.vm());
    harness.end(started.vm());

    assertThat(calls)
        .containsExactly(
            "first check CREATED",
            "second check CREATED",
            "first prepare",
            "second prepare",
            "boot",
            "first started RUNNING",
            "second started RUNNING",
            "first started RUNNING late",
            "second started RUNNING late",
            "second clean STOPPED",
            "first clean STOPPED");
    assertThat(started.vm().state()).isEqualTo(VmState.RUNNING);
    assertThat(started.machine().kernelArguments()).containsExactly("note=web", "note=web");
    assertThat(started.guest().files()).isNotEmpty();
  }

  @Test
  void a_start_that_fails_is_cleaned_up_and_its_failure_is_thrown() {
    failing = true;

    assertThatThrownBy(() -> new HookHarness(fixture).start(fixture.machine("web")))
        .hasMessage("no");

    assertThat(calls)
        .endsWith("second started RUNNING", "second clean CREATED", "first clean CREATED");
  }
}
