// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.capability;

import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Checks, before anything is made, that a machine can be started with this capability. MUST NOT
 * change anything.
 */
@ConsumerType
public interface StartPrerequisites extends Capability {
  /**
   * @param vm the machine about to start
   * @throws dev.banger.error.BangerException when it cannot, with what to do about it
   */
  void checkStart(Vm vm, Operation operation);
}
