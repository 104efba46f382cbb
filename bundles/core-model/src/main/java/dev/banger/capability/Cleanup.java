// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.capability;

import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Undoes what a capability did for a machine. MUST be idempotent, and MUST work with the record
 * alone: it is also called after a crash of the host or the daemon, and when the other hooks never
 * ran.
 */
@ConsumerType
public interface Cleanup extends Capability {
  /**
   * @param vm the record; the machine no longer runs, or (when the capability itself leaves) still
   *     does: its hypervisor tells. When the machine was deleted while the capability was not
   *     there, its files are gone
   */
  void cleanUp(Vm vm, Operation operation);
}
