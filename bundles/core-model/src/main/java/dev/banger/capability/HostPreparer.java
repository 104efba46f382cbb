// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.capability;

import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Prepares the host before a machine boots: makes files, devices, rules. Whatever it makes MUST be
 * undone by the same capability's {@link Cleanup}, which is also called when this method fails.
 */
@ConsumerType
public interface HostPreparer extends Capability {
  /**
   * @param vm the machine about to boot; its files exist
   */
  void prepareHost(Vm vm, Operation operation);
}
