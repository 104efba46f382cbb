// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.capability.Cleanup;
import dev.banger.hypervisor.Hypervisor;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends a machine's run and removes all that belongs to the run: the one way for stop, kill, delete,
 * failed starts and reconciliation. Works with the record alone and never stops at the first
 * failure.
 */
final class Teardown {
  private static final Logger LOG = LoggerFactory.getLogger(Teardown.class);

  private final Hypervisors hypervisors;
  private final AgentConnections connections;
  private final Capabilities capabilities;
  private final HookCalls hookCalls;
  private final ToldHooks told;
  private final Handles handles;
  private final Path runDirectory;

  Teardown(
      Hypervisors hypervisors,
      AgentConnections connections,
      Capabilities capabilities,
      HookCalls hookCalls,
      ToldHooks told,
      Handles handles,
      Path runDirectory) {
    this.hypervisors = hypervisors;
    this.connections = connections;
    this.capabilities = capabilities;
    this.hookCalls = hookCalls;
    this.told = told;
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
   * @return the capabilities whose clean-up is still owed
   * @throws dev.banger.error.BangerException UNAVAILABLE when the machine has run and its
   *     hypervisor is not there: then nothing was touched; OPERATION_FAILED when the VMM cannot be
   *     ended: then all that finds it again was kept
   */
  List<String> end(Vm vm, Failures failures, Operation operation) {
    requireHypervisor(vm);
    Optional<Hypervisor> hypervisor = hypervisors.find(vm.hypervisor());
    connections.forget(vm.id());
    told.forget(vm.id());
    if (hypervisor.isPresent()
        && !endVmm(hypervisor.get(), vm.id(), handles.candidates(vm), failures, operation)) {
      // Whoever comes next needs what is kept now: the handles, the sockets and the record.
      failures.throwIfAny("the VMM of " + vm.name() + " could not be ended");
    }
    List<String> owed = cleanUp(vm, capabilities.snapshot(), failures, operation);
    failures.attempt(
        "removing the run directory",
        () ->
            FaultPoint.around(
                "end.run_directory", () -> DurableFiles.deleteTree(runDirectory(vm.id()))));
    failures.attempt(
        "removing the handles", () -> FaultPoint.around("end.handles", () -> handles.delete(vm)));
    return owed;
  }

  /**
   * Returns when what may run of a machine can be ended.
   *
   * @throws dev.banger.error.BangerException UNAVAILABLE when its hypervisor is not there
   */
  void requireHypervisor(Vm vm) {
    if (mayRun(vm)) {
      hypervisors.require(vm.hypervisor());
    }
  }

  private boolean mayRun(Vm vm) {
    return vm.state() == VmState.RUNNING
        || handles.fileExists(vm)
        || Files.exists(runDirectory(vm.id()));
  }

  /**
   * Undoes what capabilities did for a machine, the last applied first.
   *
   * @return those whose clean-up failed or is not there
   */
  List<String> cleanUp(Vm vm, CapabilitySet present, Failures failures, Operation operation) {
    List<String> owed = new ArrayList<>();
    List<String> lastFirst = new ArrayList<>(vm.capabilities());
    Collections.reverse(lastFirst);
    for (String capability : lastFirst) {
      boolean clean = present.canCleanUp(capability);
      if (!clean) {
        LOG.warn("{}: the clean-up of {} is not there; it stays owed", vm.name(), capability);
      }
      for (Hook<Cleanup> hook : present.cleanupsOf(capability)) {
        clean &=
            failures.attempt(
                "the clean-up of " + capability,
                () ->
                    hookCalls.call(
                        hook, vm, operation, (service, limited) -> service.cleanUp(vm, limited)));
      }
      if (!clean) {
        owed.add(0, capability);
      }
    }
    return owed;
  }

  /**
   * What a machine left whose record is gone.
   *
   * @return whether surely none of its VMMs runs; its run directory is kept otherwise
   */
  boolean sweepOrphan(String vmId, Failures failures, Operation operation) {
    List<Hypervisor> present = hypervisors.all();
    boolean ended = !present.isEmpty();
    for (Hypervisor hypervisor : present) {
      ended &= endVmm(hypervisor, vmId, List.of(), failures, operation);
    }
    if (ended) {
      failures.attempt(
          "removing the run directory", () -> DurableFiles.deleteTree(runDirectory(vmId)));
    }
    return ended;
  }

  /**
   * Ends the VMM of a machine.
   *
   * @param named what may name it; a damaged handle may name another process than the one that runs
   * @return whether nothing failed
   */
  boolean endVmm(
      Hypervisor hypervisor,
      String vmId,
      List<MachineHandle> named,
      Failures failures,
      Operation operation) {
    boolean ended = true;
    for (MachineHandle handle : named) {
      ended &=
          failures.attempt(
              "ending the VMM",
              () -> FaultPoint.around("end.vmm", () -> hypervisor.terminate(handle, operation)));
    }
    return failures.attempt(
            "sweeping the VMM",
            () ->
                FaultPoint.around(
                    "end.sweep", () -> hypervisor.sweep(vmId, runDirectory(vmId), operation)))
        && ended;
  }
}
