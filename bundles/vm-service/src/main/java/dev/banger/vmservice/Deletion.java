// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.event.Event;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
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
   *     there: nothing was touched then; OPERATION_FAILED with all that failed
   */
  void run(Vm vm, Operation operation) {
    parts.teardown().requireHypervisor(vm);
    Intent intent = Intent.ofDeletion(vm);
    FaultPoint.around("delete.intent", intent::declareIfPossible);
    Failures failures = new Failures();
    parts.teardown().end(vm, failures, Operation.background());
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
    FaultPoint.around("delete.record", () -> parts.store().delete(vm.id()));
    FaultPoint.around("delete.done", intent::withdraw);
    parts.events().tell(Event.DELETED, vm, operation);
    LOG.info("{} ({}) is deleted", vm.name(), vm.id());
  }
}
