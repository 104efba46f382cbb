// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.capability;

import dev.banger.guest.GuestConfig;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Adds files and units to what a guest is given at its start. MUST NOT change anything on the host.
 */
@ConsumerType
public interface GuestConfigContributor extends Capability {
  /**
   * @param vm the machine about to start
   * @param additions takes the files and units
   */
  void contribute(Vm vm, GuestConfig.Additions additions, Operation operation);
}
