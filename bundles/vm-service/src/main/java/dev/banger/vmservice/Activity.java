// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.vm.Vm;

/** Whether somebody or something works in a machine. */
interface Activity {
  /**
   * Whether a running machine is used, or was since this was last asked for it. Never waits for a
   * guest.
   */
  boolean isActive(Vm vm);
}
