// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.capability;

import dev.banger.hypervisor.MachineConfig;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Adds disks, port forwards and kernel arguments to a machine at its start. MUST NOT change
 * anything on the host.
 */
@ConsumerType
public interface MachineConfigContributor extends Capability {
  /**
   * @param vm the machine about to start
   * @param additions takes the devices
   */
  void contribute(Vm vm, MachineConfig.Additions additions, Operation operation);
}
