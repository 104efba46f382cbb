// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.image.ImageService;
import dev.banger.kernel.KernelService;
import dev.banger.store.VmStore;

/** What the operations on machines share. */
record MachineServices(
    VmStore store,
    ImageService images,
    KernelService kernels,
    Hypervisors hypervisors,
    Capabilities capabilities,
    AgentConnections connections,
    SshIdentity identity,
    KnownHosts knownHosts,
    Handles handles,
    MachineFiles files,
    SshPorts ports,
    Sizing sizing,
    FreeSpace freeSpace,
    Teardown teardown,
    VmConfiguration configuration) {}
