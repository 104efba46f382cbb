// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.capability.Cleanup;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends a machine's run and removes what the run left: one way for stop, kill, delete, failed starts
 * and reconciliation. Works with only the record, can be repeated, and never stops at the first
 * error. The caller holds the machine's lock.
 */
final class Teardown {
  private static final Logger LOG = LoggerFactory.getLogger(Teardown.class);

  private final Hypervisors hypervisors;
  private final AgentConnections connections;
  private final Handles handles;
  private final MachineFiles files;

  Teardown(
      Hypervisors hypervisors, AgentConnections connections, Handles handles, MachineFiles files) {
    this.hypervisors = hypervisors;
    this.connections = connections;
    this.handles = handles;
    this.files = files;
  }

  /**
   * Ends a run.
   *
   * @param hooks whose clean-ups are called
   * @param failures takes every error
   * @return whether the VMM is gone, and the record with the capabilities whose clean-up is owed
   */
  Outcome end(Vm vm, CapabilitySet hooks, Failures failures, Operation operation) {
    connections.forget(vm.id());
    boolean gone =
        failures.attempt("ending the VMM of " + vm.name(), () -> endProcess(vm, operation));
    Vm cleaned = cleanUp(vm, hooks, failures, operation);
    if (gone) {
      failures.attempt(
          "removing the run directory of " + vm.name(),
          () -> DurableFiles.deleteTree(files.runtime(vm.id())));
      failures.attempt(
          "removing the configuration disk of " + vm.name(),
          () -> DurableFiles.delete(vm.files().configurationDisk()));
      // Last, for it is what a repetition needs.
      failures.attempt("removing the handles of " + vm.name(), () -> handles.delete(vm));
    }
    return new Outcome(cleaned, gone);
  }

  /** Calls the clean-ups of all capabilities that the record names, last applied first. */
  Vm cleanUp(Vm vm, CapabilitySet hooks, Failures failures, Operation operation) {
    List<String> owed = new ArrayList<>();
    for (int i = vm.capabilities().size() - 1; i >= 0; i--) {
      String capability = vm.capabilities().get(i);
      if (!hooks.knows(capability)) {
        LOG.warn("{}: the clean-up of {} is owed until its bundle returns", vm.name(), capability);
        owed.add(0, capability);
        continue;
      }
      for (Cleanup hook : hooks.cleanupsOf(capability)) {
        boolean done =
            failures.attempt(
                "the clean-up of " + capability + " for " + vm.name(),
                () -> hook.cleanUp(vm, operation));
        if (!done && !owed.contains(capability)) {
          owed.add(0, capability);
        }
      }
    }
    return vm.withCapabilities(owed);
  }

  private void endProcess(Vm vm, Operation operation) {
    Optional<MachineHandle> handle = handles.find(vm);
    if (handle.isPresent()) {
      Hypervisor hypervisor = hypervisors.require(handle.get().hypervisor());
      hypervisor.terminate(handle.get(), operation);
    } else if (files.hasRuntime(vm)) {
      hypervisors.require(vm.hypervisor()).sweep(vm.id(), files.runtime(vm.id()), operation);
    }
  }

  /**
   * How a run ended.
   *
   * @param vm the record with the capabilities whose clean-up is owed, not stored
   * @param gone whether the VMM is gone for sure
   */
  record Outcome(Vm vm, boolean gone) {}
}
