// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.image.ImageService;
import dev.banger.kernel.KernelService;
import dev.banger.store.VmStore;
import java.nio.file.Path;

/** What the life of a machine is made of. */
record MachineParts(
    VmConfiguration configuration,
    Path state,
    VmStore store,
    VmEvents events,
    ImageService images,
    KernelService kernels,
    AgentConnections connections,
    Capabilities capabilities,
    SshIdentity identity,
    KnownHosts knownHosts,
    SshPorts sshPorts,
    Handles handles,
    Teardown teardown) {

  /** Where the machines' directories lie. */
  Path machines() {
    return state.resolve("vms");
  }

  /**
   * Returns when there is room for a machine to live.
   *
   * @throws BangerException NO_SPACE
   */
  void requireFreeSpace() {
    // Not by the file store, which needs a mount table that matches: in a chroot there is none.
    long freeMib = state.toFile().getUsableSpace() >> 20;
    if (freeMib < configuration.minimumFreeMib()) {
      throw new BangerException(
          ErrorCode.NO_SPACE,
          "only %d MiB are free in %s, and a machine needs %d; delete machines or images, or free space otherwise"
              .formatted(freeMib, state, configuration.minimumFreeMib()));
    }
  }
}
