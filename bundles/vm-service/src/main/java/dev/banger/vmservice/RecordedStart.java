// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.event.Event;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.util.List;
import java.util.Locale;

/** Starts a machine, and keeps its record and its events true whatever comes of it. */
final class RecordedStart {
  private final MachineParts parts;
  private final Hypervisors hypervisors;
  private final Reconciliation reconciliation;

  RecordedStart(MachineParts parts, Hypervisors hypervisors, Reconciliation reconciliation) {
    this.parts = parts;
    this.hypervisors = hypervisors;
    this.reconciliation = reconciliation;
  }

  /**
   * Starts a machine that does not run; for the holder of its lock. Whoever ends it by force does
   * not wait for its guest.
   *
   * @return the machine, which runs
   */
  Vm run(Vm vm, InFlight.Work work) {
    Operation operation = work.operation();
    if (reconciliation.isAlive(vm)) {
      return vm;
    }
    Hypervisor hypervisor = hypervisors.require(vm.hypervisor(), operation);
    MachineStart.requireStartable(vm, hypervisor);
    new RequiredCapabilities(parts.capabilities(), operation).forMachine(vm);
    // Recorded first: a record that says RUNNING never belongs to a start that is not finished.
    Vm ended = vm.state() == VmState.RUNNING ? reconciliation.endDead(vm, operation) : vm;
    long begin = System.nanoTime();
    parts.events().tell(Event.STARTING, vm, operation);
    MachineStart start = new MachineStart(parts, ended, hypervisor, operation, work.patience());
    try {
      Vm started = start.run();
      Intent.ofStart(vm).withdraw();
      parts.events().tell(Event.STARTED, started, operation, "ms", VmEvents.since(begin));
      return started;
    } catch (BangerException e) {
      tellFailure(vm, e, operation);
      recordFailure(ended, start.owed(), e);
      throw e;
    }
  }

  private void tellFailure(Vm vm, BangerException failure, Operation operation) {
    String code = failure.code().name().toLowerCase(Locale.ROOT);
    parts
        .events()
        .tell(Event.START_FAILED, vm, operation, "code", code, "error", failure.getMessage());
  }

  private void recordFailure(Vm vm, List<String> owed, BangerException failure) {
    boolean cancelled =
        failure.code() == ErrorCode.CANCELLED || failure.code() == ErrorCode.UPDATING;
    try {
      Vm stored = parts.store().findById(vm.id()).orElse(vm);
      parts
          .store()
          .update(
              stored
                  .notRunning(cancelled ? vm.state() : VmState.ERROR, failure.getMessage())
                  .withCapabilities(owed));
      Intent.ofStart(vm).withdraw();
    } catch (BangerException e) {
      failure.addSuppressed(e);
    }
  }
}
