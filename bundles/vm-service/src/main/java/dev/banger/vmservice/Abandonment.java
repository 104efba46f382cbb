// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.vm.Vm;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives up the clean-up that capabilities owe which are not there. */
final class Abandonment {
  private static final Logger LOG = LoggerFactory.getLogger(Abandonment.class);

  private final MachineParts parts;
  private final Reconciliation reconciliation;

  Abandonment(MachineParts parts, Reconciliation reconciliation) {
    this.parts = parts;
    this.reconciliation = reconciliation;
  }

  /**
   * Frees the record of a machine that does not run; for the holder of its lock.
   *
   * @throws dev.banger.error.BangerException IN_USE when it runs
   */
  Vm run(Vm vm) {
    reconciliation.requireStopped(vm);
    CapabilitySet present = parts.capabilities().snapshot();
    List<String> kept = vm.capabilities().stream().filter(present::canCleanUp).toList();
    Vm freed = vm.withCapabilities(kept);
    if (!freed.equals(vm)) {
      LOG.warn("{}: what {} made on the host is given up", vm.name(), vm.capabilities());
      parts.store().update(freed);
    }
    return freed;
  }
}
