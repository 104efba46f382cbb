// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.event.Event;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;

/** Returns a machine's root disk to its image. The work disk stays. */
final class RootReset {
  private final MachineParts parts;
  private final Hypervisors hypervisors;
  private final Reconciliation reconciliation;

  RootReset(MachineParts parts, Hypervisors hypervisors, Reconciliation reconciliation) {
    this.parts = parts;
    this.hypervisors = hypervisors;
    this.reconciliation = reconciliation;
  }

  /**
   * Resets a machine that does not run; for the holder of its lock.
   *
   * @throws dev.banger.error.BangerException IN_USE when it runs; NO_SPACE
   */
  Vm run(Vm vm, Operation operation) {
    reconciliation.requireStopped(vm);
    Hypervisor hypervisor = hypervisors.require(vm.hypervisor(), operation);
    MachineStart.requireOurs(vm, hypervisor);
    parts.requireFreeSpace();
    Vm ended = vm.state() == VmState.RUNNING ? reconciliation.endDead(vm, operation) : vm;
    if (vm.startedAt() != null) {
      FaultPoint.around(
          "reset.root_disk", () -> new RootDisk(parts, hypervisor).make(vm, operation));
      parts.events().tell(Event.RESET, vm, operation);
    }
    return ended;
  }
}
