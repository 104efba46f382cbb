// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.testkit.capability;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.capability.Capability;
import dev.banger.capability.Cleanup;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.GuestConfig;
import dev.banger.hypervisor.MachineConfig;
import dev.banger.operation.Operation;
import dev.banger.testkit.VmBuilder;
import dev.banger.vm.Vm;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What a capability promises, as tests. The author of one extends it and gives a {@link
 * CapabilityFixture}. A test of a hook that the capability does not have passes.
 */
@Timeout(120)
public abstract class CapabilityContract {
  private static final String NAME = "[a-z0-9-]{1,32}";
  private static final Duration LIMIT = Duration.ofSeconds(10);

  /** Long enough for a hook to come to what it waits for. */
  private static final Duration SOON = Duration.ofMillis(200);

  private static final String MIND_CHANGED = "changed my mind";

  /** What a capability is given; a new one, with a new world, at each call. */
  protected abstract CapabilityFixture fixture();

  @Test
  void its_name_has_the_form_of_a_name_and_is_the_same_in_all_hooks() {
    CapabilityFixture fixture = fixture();
    Set<String> names = new HashSet<>();
    for (int instance = 0; instance < 2; instance++) {
      for (Capability service : fixture.services()) {
        names.add(service.capability());
        names.add(service.capability());
      }
    }
    assertThat(names)
        .as("the names that its services give")
        .hasSize(1)
        .allSatisfy(name -> assertThat(name).matches(NAME));
  }

  @Test
  void each_service_has_a_hook() {
    assertThat(fixture().services())
        .isNotEmpty()
        .allSatisfy(
            service -> assertThat(HookOf.all(service)).as("hooks of %s", service).isNotEmpty());
  }

  /** Else the fixture sees nothing, and no other test could fail. */
  @Test
  void a_start_leaves_traces_when_there_is_a_clean_up() {
    World world = new World();
    if (world.hooks().stream().anyMatch(hook -> hook.service() instanceof Cleanup)) {
      world.start();
      assertThat(world.traces()).as("its traces after a start").isNotEqualTo(world.before);
    }
  }

  @Test
  void checks_and_contributions_change_nothing() {
    World world = new World();
    Vm running = world.start();
    Object before = world.traces();
    for (HookOf hook : world.hooks()) {
      if (!hook.makes() && !(hook.name().equals("Cleanup"))) {
        hook.run(running, Operation.background().within(LIMIT));
        assertThat(world.traces()).as("traces after %s", hook.name()).isEqualTo(before);
      }
    }
  }

  @Test
  void a_late_call_leaves_what_is_there_as_it_is() {
    World world = new World();
    Vm running = world.start();
    Object before = world.traces();

    world.harness.startedLate(running);
    world.harness.renew();
    world.harness.startedLate(running);

    assertThat(world.traces()).as("traces after late calls").isEqualTo(before);
  }

  @Test
  void two_late_calls_alone_are_as_one() {
    World world = new World();
    Vm running = world.startWithoutHooks();
    world.harness.startedLate(running);
    Object once = world.traces();

    world.harness.startedLate(running);

    assertThat(world.traces()).as("traces after the second late call").isEqualTo(once);
  }

  @Test
  void a_change_of_something_else_leaves_what_is_there_as_it_is() {
    World world = new World();
    Vm running = world.start();
    Object before = world.traces();

    world.harness.change(running, HookOf.relabelled(running));
    world.harness.change(running, HookOf.relabelled(running));

    assertThat(world.traces()).as("traces after a change of a label").isEqualTo(before);
  }

  @Test
  void a_clean_up_takes_all_away_from_a_machine_that_runs_and_may_be_made_again() {
    World world = new World();
    Vm running = world.startWithoutHooks();
    Object bare = world.traces();
    world.harness.startedLate(running);

    world.harness.cleanUp(running);
    assertThat(world.traces()).as("traces after the clean-up").isEqualTo(bare);
    world.harness.cleanUp(running);
    assertThat(world.traces()).as("traces after the second clean-up").isEqualTo(bare);
  }

  @Test
  void a_clean_up_takes_all_away_after_the_end_of_a_run_and_may_be_made_again() {
    World world = new World();
    Vm running = world.start();

    world.harness.end(running);
    world.assertNothingLeft();
    world.harness.end(running);
    world.assertNothingLeft();
  }

  @Test
  void a_clean_up_works_with_the_record_alone() {
    World world = new World();
    Vm running = world.start();

    world.harness.renew();
    world.harness.end(running);

    world.assertNothingLeft();
  }

  @Test
  void a_clean_up_finds_nothing_when_the_other_hooks_never_ran() {
    World world = new World();

    world.harness.cleanUp(world.vm);

    world.assertNothingLeft();
  }

  @Test
  void what_a_start_that_was_called_back_has_made_is_cleaned_up() {
    World world = new World();
    Vm running = world.startWithoutHooks();
    Operation operation = Operation.background();
    operation.cancel(MIND_CHANGED);
    for (HookOf hook : world.hooks()) {
      if (hook.makes()) {
        callBack(hook, running, operation.within(LIMIT));
      }
    }

    world.harness.end(running);

    world.assertNothingLeft();
  }

  @Test
  void each_hook_returns_soon_after_its_operation_was_cancelled() {
    eachHookReturns(
        LIMIT,
        operation -> {
          Thread caller = new Thread(() -> cancelSoon(operation), "caller");
          caller.setDaemon(true);
          caller.start();
        });
  }

  @Test
  void each_hook_returns_soon_after_its_time_is_up() {
    eachHookReturns(SOON, operation -> {});
  }

  @Test
  void other_machines_are_left_alone() {
    World world = new World();
    Vm other = world.harness.start(world.fixture.machine("other")).vm();
    Object before = world.fixture.traces(other);

    world.live();

    assertThat(world.fixture.traces(other))
        .as("traces of another machine after the life of this one")
        .isEqualTo(before);
  }

  @Test
  void nothing_is_asked_of_other_machines() {
    World world = new World();

    world.live();

    assertThat(world.fixture.asked())
        .as("machines that were asked anything")
        .isSubsetOf(world.vm.id(), world.vm.name());
  }

  /** Whatever they wait for hangs meanwhile, and their operation ends. */
  private void eachHookReturns(Duration limit, Consumer<Operation> ending) {
    int count = new World().hooks().size();
    for (int i = 0; i < count; i++) {
      World world = new World();
      Vm running = world.startWithoutHooks();
      world.fixture.hang();
      Operation operation = Operation.background().within(limit);
      ending.accept(operation);
      callBack(world.hooks().get(i), running, operation);
    }
  }

  private static void cancelSoon(Operation operation) {
    operation.pause(SOON);
    operation.cancel(MIND_CHANGED);
  }

  /** The hook returns, or says that its operation has ended. */
  private static void callBack(HookOf hook, Vm running, Operation operation) {
    try {
      hook.run(running, operation);
    } catch (BangerException e) {
      assertThat(e.code())
          .as("what %s says when it is called back: %s", hook.name(), e.getMessage())
          .isIn(ErrorCode.CANCELLED, ErrorCode.DEADLINE_EXCEEDED);
    }
  }

  /** A new world with one machine that does not run. */
  private final class World {
    private final CapabilityFixture fixture = fixture();
    private final HookHarness harness = new HookHarness(fixture);
    private final Vm vm = fixture.machine("web");
    private final Object before = fixture.traces(vm);

    List<HookOf> hooks() {
      return harness.services().stream().flatMap(each -> HookOf.all(each).stream()).toList();
    }

    Object traces() {
      return fixture.traces(vm);
    }

    Vm start() {
      return harness.start(vm).vm();
    }

    /** As before the capability arrived. */
    Vm startWithoutHooks() {
      Vm running = VmBuilder.running(vm);
      fixture.boot(
          new Started(running, new GuestConfig.Additions(), new MachineConfig.Additions()));
      return running;
    }

    void live() {
      Vm running = start();
      harness.startedLate(running);
      harness.change(running, HookOf.relabelled(running));
      harness.end(running);
    }

    void assertNothingLeft() {
      assertThat(traces()).as("traces after the clean-up").isEqualTo(before);
    }
  }
}
