// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.KeyedLocks;
import dev.banger.operation.Operation;
import dev.banger.store.VmStore;
import dev.banger.vm.Vm;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Predicate;

/**
 * The frame of each operation on machines: the service waits for it when it leaves, and it has the
 * lock of its machine from beginning to end, with the record as it is under the lock.
 */
final class MachineOperations {
  private final VmStore store;
  private final Hypervisors hypervisors;
  private final MachineLocks locks;
  private final InFlight inFlight;

  MachineOperations(VmStore store, Hypervisors hypervisors, MachineLocks locks, InFlight inFlight) {
    this.store = store;
    this.hypervisors = hypervisors;
    this.locks = locks;
    this.inFlight = inFlight;
  }

  /**
   * Does something to the machine that a reference means.
   *
   * @throws BangerException NOT_FOUND, AMBIGUOUS; what the action throws
   */
  Vm locked(String reference, Operation operation, BiFunction<Vm, InFlight.Work, Vm> action) {
    try (InFlight.Work work = inFlight.enter(operation)) {
      return lockedWithin(reference, work, action);
    }
  }

  private Vm lockedWithin(
      String reference, InFlight.Work work, BiFunction<Vm, InFlight.Work, Vm> action) {
    Vm found = VmReferences.resolve(store.list(), reference);
    awaitHypervisor(found.hypervisor(), work.operation());
    try (KeyedLocks.Held held = locks.acquire(found.id(), work.operation())) {
      work.holding(found.id());
      Vm vm = store.findById(found.id()).orElseThrow(() -> deletedMeanwhile(found));
      return action.apply(vm, work);
    }
  }

  static BangerException deletedMeanwhile(Vm vm) {
    return new BangerException(
        ErrorCode.NOT_FOUND, "vm \"%s\" was deleted meanwhile".formatted(vm.name()));
  }

  /**
   * Does something to a machine that nobody works on and that is, under its lock, still one of
   * those meant.
   *
   * @return whether it was
   */
  boolean unlessWorkedOn(
      Vm seen, Predicate<Vm> meant, Operation operation, BiConsumer<Vm, InFlight.Work> action) {
    if (inFlight.holds(seen.id())) {
      return false;
    }
    try (InFlight.Work work = inFlight.enter(operation);
        KeyedLocks.Held held = locks.acquire(seen.id(), work.operation())) {
      work.holding(seen.id());
      Optional<Vm> vm = store.findById(seen.id()).filter(meant);
      vm.ifPresent(each -> action.accept(each, work));
      return vm.isPresent();
    }
  }

  /**
   * A machine that is to be ended by force is not waited for by those who stop it gently.
   *
   * @return whether somebody works on it
   */
  boolean hurry(String reference, Operation operation) {
    operation.check();
    return inFlight.hurry(VmReferences.resolve(store.list(), reference).id());
  }

  /**
   * Waits a moment for a hypervisor: what is missing then is told by whoever needs it. A service
   * that leaves is not held up by that: the hypervisor may wait for its end.
   *
   * @param name of the one that is wanted; blank for any
   * @throws BangerException UPDATING when the service leaves before it comes
   */
  void awaitHypervisor(String name, Operation operation) {
    if (!hypervisors.await(name, inFlight::isClosed, operation) && inFlight.isClosed()) {
      throw InFlight.leaving();
    }
  }
}
