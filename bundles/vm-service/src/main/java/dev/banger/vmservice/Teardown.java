// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.capability.Cleanup;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Ends a machine's run and removes all that belongs to the run: the one way for stop, kill, delete,
 * failed starts and reconciliation. Works with the record alone and never stops at the first
 * failure.
 */
final class Teardown {
  private final Hypervisors hypervisors;
  private final AgentConnections connections;
  private final Capabilities capabilities;
  private final Handles handles;
  private final Path runDirectory;

  Teardown(
      Hypervisors hypervisors,
      AgentConnections connections,
      Capabilities capabilities,
      Handles handles,
      Path runDirectory) {
    this.hypervisors = hypervisors;
    this.connections = connections;
    this.capabilities = capabilities;
    this.handles = handles;
    this.runDirectory = runDirectory;
  }

  /** Where the sockets of a machine's run lie. */
  Path runDirectory(String vmId) {
    return runDirectory.resolve(vmId);
  }

  /**
   * Ends the run.
   *
   * @param failures gets all that failed
   * @throws dev.banger.error.BangerException UNAVAILABLE when the machine's hypervisor is not
   *     there: then nothing was touched
   */
  void end(Vm vm, Failures failures, Operation operation) {
    Hypervisor hypervisor = hypervisors.require(vm.hypervisor());
    connections.forget(vm.id());
    CapabilitySet present = capabilities.snapshot();
    for (String capability : vm.capabilities()) {
      for (Cleanup hook : present.cleanupsOf(capability)) {
        failures.attempt("the clean-up of " + capability, () -> hook.cleanUp(vm, operation));
      }
    }
    failures.attempt("ending the VMM", () -> endVmm(hypervisor, vm, operation));
    failures.attempt(
        "removing the run directory", () -> DurableFiles.deleteTree(runDirectory(vm.id())));
    failures.attempt("removing the handles", () -> handles.delete(vm));
  }

  /** What a machine left whose record is gone. */
  void sweepOrphan(String vmId, Failures failures, Operation operation) {
    for (Hypervisor hypervisor : hypervisors.all()) {
      failures.attempt(
          "sweeping " + vmId, () -> hypervisor.sweep(vmId, runDirectory(vmId), operation));
    }
    failures.attempt(
        "removing the run directory", () -> DurableFiles.deleteTree(runDirectory(vmId)));
  }

  private void endVmm(Hypervisor hypervisor, Vm vm, Operation operation) {
    Optional<MachineHandle> handle = handles.find(vm);
    if (handle.isPresent()) {
      hypervisor.terminate(handle.get(), operation);
    }
    // Also with a handle: a damaged one may name another process than the one that runs.
    hypervisor.sweep(vm.id(), runDirectory(vm.id()), operation);
  }
}
