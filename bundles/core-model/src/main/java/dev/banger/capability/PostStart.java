// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.capability;

import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import org.osgi.annotation.versioning.ConsumerType;

/** Acts on a machine whose guest answers. */
@ConsumerType
public interface PostStart extends Capability {
  /**
   * @param vm the running machine
   * @param late true when the capability arrived while the machine was already running: its earlier
   *     hooks were then not called
   */
  void started(Vm vm, boolean late, Operation operation);
}
