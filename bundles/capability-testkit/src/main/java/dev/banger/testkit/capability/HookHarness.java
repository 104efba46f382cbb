// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.testkit.capability;

import dev.banger.capability.Capability;
import dev.banger.capability.Cleanup;
import dev.banger.capability.ConfigChange;
import dev.banger.capability.GuestConfigContributor;
import dev.banger.capability.HostPreparer;
import dev.banger.capability.MachineConfigContributor;
import dev.banger.capability.PostStart;
import dev.banger.capability.StartPrerequisites;
import dev.banger.guest.GuestConfig;
import dev.banger.hypervisor.MachineConfig;
import dev.banger.operation.Operation;
import dev.banger.testkit.VmBuilder;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * Calls the hooks of a capability as banger does: in the documented order, each in a thread of its
 * own, within a time. What a hook throws is thrown on. Not safe for use by many threads.
 */
public final class HookHarness {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final CapabilityFixture fixture;
  private final Operation operation;
  private final Duration limit;
  private List<? extends Capability> services;

  /** A harness that gives each hook ten seconds. */
  public HookHarness(CapabilityFixture fixture) {
    this(fixture, Operation.background(), LIMIT);
  }

  /**
   * @param operation what all hooks are part of; cancel it to call them back
   * @param limit what each call may take; positive
   */
  public HookHarness(CapabilityFixture fixture, Operation operation, Duration limit) {
    this.fixture = fixture;
    this.operation = operation;
    this.limit = limit;
    this.services = List.copyOf(fixture.services());
  }

  /** The services that are called, in calling order. */
  public List<Capability> services() {
    return List.copyOf(services);
  }

  /** Replaces the services by new instances, as an update of the bundle or a new daemon does. */
  public void renew() {
    services = List.copyOf(fixture.services());
  }

  /**
   * Starts a machine: prerequisites, the host's preparation, the guest's and the machine's
   * configuration, the boot, the end of the start. When a hook fails, the clean-ups are called, and
   * its failure is thrown.
   *
   * @param vm not running
   */
  public Started start(Vm vm) {
    callEach(StartPrerequisites.class, (hook, limited) -> hook.checkStart(vm, limited));
    try {
      callEach(HostPreparer.class, (hook, limited) -> hook.prepareHost(vm, limited));
      Started started =
          new Started(VmBuilder.running(vm), guestAdditions(vm), machineAdditions(vm));
      fixture.boot(started);
      callEach(PostStart.class, (hook, limited) -> hook.started(started.vm(), false, limited));
      return started;
    } catch (RuntimeException e) {
      fixture.end(vm);
      try {
        new HookHarness(fixture, Operation.background(), limit).cleanUp(vm);
      } catch (RuntimeException another) {
        e.addSuppressed(another);
      }
      throw e;
    }
  }

  /** What is added to a guest's configuration. */
  public GuestConfig.Additions guestAdditions(Vm vm) {
    GuestConfig.Additions all = new GuestConfig.Additions();
    callEach(GuestConfigContributor.class, (hook, limited) -> hook.contribute(vm, all, limited));
    return all;
  }

  /** What is added to a machine. */
  public MachineConfig.Additions machineAdditions(Vm vm) {
    MachineConfig.Additions all = new MachineConfig.Additions();
    callEach(MachineConfigContributor.class, (hook, limited) -> hook.contribute(vm, all, limited));
    return all;
  }

  /**
   * Tells of a machine that ran before the capability arrived.
   *
   * @param vm running
   */
  public void startedLate(Vm vm) {
    callEach(PostStart.class, (hook, limited) -> hook.started(vm, true, limited));
  }

  /** Changes a machine: asks all, lets all prepare, then tells all. */
  public void change(Vm before, Vm after) {
    callEach(ConfigChange.class, (hook, limited) -> hook.checkChange(before, after, limited));
    callEach(ConfigChange.class, (hook, limited) -> hook.prepareChange(before, after, limited));
    callEach(ConfigChange.class, (hook, limited) -> hook.changed(before, after, limited));
  }

  /** Ends the run of a machine, and cleans up. */
  public void end(Vm vm) {
    fixture.end(vm);
    cleanUp(vm.machine() == null ? vm : vm.notRunning(VmState.STOPPED, null));
  }

  /** Cleans up, in the reverse of the calling order; goes on when one fails. */
  public void cleanUp(Vm vm) {
    List<Capability> reverse = new ArrayList<>(services);
    Collections.reverse(reverse);
    RuntimeException failure = null;
    for (Capability service : reverse) {
      try {
        call(service, Cleanup.class, (hook, limited) -> hook.cleanUp(vm, limited));
      } catch (RuntimeException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private <T> void callEach(Class<T> type, BiConsumer<T, Operation> action) {
    services.forEach(service -> call(service, type, action));
  }

  private <T> void call(Capability service, Class<T> type, BiConsumer<T, Operation> action) {
    if (type.isInstance(service)) {
      operation.check();
      new HookCall(service, type.getSimpleName(), operation.within(limit))
          .run(limited -> action.accept(type.cast(service), limited));
    }
  }
}
