// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.capability;

import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Acts on a machine whose guest answers. A capability with this hook can be added while machines
 * run: it is called for each of them, late. A failure of a late call is told as an event and
 * concerns nobody else.
 */
@ConsumerType
public interface PostStart extends Capability {
  /**
   * @param vm the running machine
   * @param late false at the end of the machine's start; true when the machine was running before:
   *     the capability has arrived or was updated, or the daemon has been started again. The other
   *     hooks were perhaps never called then, and this one perhaps was: what is there already is
   *     left as it is
   */
  void started(Vm vm, boolean late, Operation operation);
}
