// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.event.Event;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import dev.banger.vm.VmState;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes a machine and every trace of it. Once begun it goes on to its end, whether or not the
 * caller is still there; after a crash the reconciliation runs it again.
 */
final class Deletion {
  private static final Logger LOG = LoggerFactory.getLogger(Deletion.class);

  private final MachineParts parts;

  Deletion(MachineParts parts) {
    this.parts = parts;
  }

  /**
   * Deletes a machine; for the holder of its lock.
   *
   * @param operation that it is part of; its end does not end this
   * @throws dev.banger.error.BangerException UNAVAILABLE when its hypervisor is needed and not
   *     there: nothing was touched then; UNAVAILABLE when a capability is not there whose clean-up
   *     is owed: all else is gone then; OPERATION_FAILED with all that failed
   */
  void run(Vm vm, Operation operation) {
    parts.teardown().requireHypervisor(vm);
    Intent intent = Intent.ofDeletion(vm);
    FaultPoint.around("delete.intent", intent::declareIfPossible);
    Failures failures = new Failures();
    List<String> owed = parts.teardown().end(vm, failures, Operation.background());
    failures.attempt(
        "forgetting the host key",
        () -> FaultPoint.around("delete.host_key", () -> parts.knownHosts().remove(vm)));
    failures.attempt(
        "removing the directory",
        () ->
            FaultPoint.around(
                "delete.directory", () -> DurableFiles.deleteTree(vm.files().directory())));
    failures.throwIfAny(
        "vm \"%s\" could not be deleted whole; delete it again".formatted(vm.name()));
    if (!owed.isEmpty()) {
      keep(vm, owed);
    }
    FaultPoint.around("delete.record", () -> parts.store().delete(vm.id()));
    FaultPoint.around("delete.done", intent::withdraw);
    parts.events().tell(Event.DELETED, vm, operation);
    LOG.info("{} ({}) is deleted", vm.name(), vm.id());
  }

  /** The record is what remembers a clean-up that is owed. */
  private void keep(Vm vm, List<String> owed) {
    String error =
        "vm \"%s\" is deleted but for what these capabilities made on the host, which are not there now: %s; it goes when they return, or is given up with: banger vm delete --abandon %s"
            .formatted(vm.name(), String.join(", ", owed), vm.name());
    parts.store().update(vm.notRunning(VmState.ERROR, error).withCapabilities(owed));
    throw new BangerException(ErrorCode.UNAVAILABLE, error);
  }
}
