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
   * Refuses a change that cannot be followed, before it is made. MUST NOT change anything.
   *
   * @param before the record as it is
   * @param after the record as it is to be
   * @throws dev.banger.error.BangerException when it cannot, with what to do about it
   */
  default void checkChange(Vm before, Vm after, Operation operation) {}

  /**
   * Does what must be done before the change is recorded, such as making a disk larger. When it
   * fails the record stays as it was and the person repeats the command: it MUST be idempotent.
   *
   * @param before the record as it is
   * @param after the record as it is to be
   */
  default void prepareChange(Vm before, Vm after, Operation operation) {}

  /**
   * @param before the record before the change
   * @param after the record after it, already stored
   */
  default void changed(Vm before, Vm after, Operation operation) {}
}
