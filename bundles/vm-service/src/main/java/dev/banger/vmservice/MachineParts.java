// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.image.ImageService;
import dev.banger.kernel.KernelService;
import dev.banger.store.VmStore;
import java.nio.file.Path;
import java.util.function.Supplier;

/** What the life of a machine is made of. */
record MachineParts(
    Supplier<VmConfiguration> settings,
    Path state,
    VmStore store,
    VmEvents events,
    ImageService images,
    KernelService kernels,
    AgentConnections connections,
    Capabilities capabilities,
    HookCalls hookCalls,
    ToldHooks told,
    SshIdentity identity,
    KnownHosts knownHosts,
    SshPorts sshPorts,
    Handles handles,
    Teardown teardown) {

  /** The configuration now. */
  VmConfiguration configuration() {
    return settings.get();
  }

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
    long neededMib = configuration().minimumFreeMib();
    if (freeMib < neededMib) {
      throw new BangerException(
          ErrorCode.NO_SPACE,
          "only %d MiB are free in %s, and a machine needs %d; delete machines or images, or free space otherwise"
              .formatted(freeMib, state, neededMib));
    }
  }
}
