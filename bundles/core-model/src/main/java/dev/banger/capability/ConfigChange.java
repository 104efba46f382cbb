// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.capability;

import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import org.osgi.annotation.versioning.ConsumerType;

/** Follows a change of a machine's configuration. */
@ConsumerType
public interface ConfigChange extends Capability {
  /**
   * @param before the record before the change
   * @param after the record after it, already stored
   */
  void changed(Vm before, Vm after, Operation operation);
}
