// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import dev.banger.hypervisor.MachineHandle;

/** One process and no other, even when its id is given to another one later. */
record ProcessIdentity(long pid, long startTime, String bootId) {
  static ProcessIdentity of(MachineHandle handle) {
    return new ProcessIdentity(handle.pid(), handle.processStart(), handle.bootId());
  }
}
