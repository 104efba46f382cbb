// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vm;

/** Where a machine stands in its life. */
public enum VmState {
  /** Its row, name and addresses are reserved; it has never run. */
  CREATED,
  /** Its VMM process is alive. */
  RUNNING,
  /** It ran and was stopped; it can be started again. */
  STOPPED,
  /**
   * Its last start, or already its creation, failed or was interrupted; {@link Vm#lastError} says
   * why and what to do.
   */
  ERROR
}
