// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.capability.Capability;
import dev.banger.capability.Cleanup;
import dev.banger.capability.GuestConfigContributor;
import dev.banger.capability.HostPreparer;
import dev.banger.capability.MachineConfigContributor;
import dev.banger.capability.PostStart;
import dev.banger.capability.StartPrerequisites;
import java.util.List;
import java.util.stream.Stream;

/** The hooks that one start sees from its beginning to its end, each list in calling order. */
record CapabilitySet(
    List<StartPrerequisites> prerequisites,
    List<GuestConfigContributor> guestConfig,
    List<MachineConfigContributor> machineConfig,
    List<HostPreparer> hostPreparers,
    List<PostStart> postStart,
    List<Cleanup> cleanups) {

  /** The names of the capabilities that a start applies, in the order of their application. */
  List<String> applied() {
    return Stream.of(hostPreparers, guestConfig, machineConfig, postStart)
        .<Capability>flatMap(List::stream)
        .map(Capability::capability)
        .distinct()
        .toList();
  }

  /** All capabilities that are there. */
  List<String> names() {
    return Stream.of(prerequisites, hostPreparers, guestConfig, machineConfig, postStart, cleanups)
        .<Capability>flatMap(List::stream)
        .map(Capability::capability)
        .distinct()
        .sorted()
        .toList();
  }

  /** The clean-up hooks of a capability. */
  List<Cleanup> cleanupsOf(String capability) {
    return cleanups.stream().filter(hook -> hook.capability().equals(capability)).toList();
  }

  /** Whether a capability is there, whichever hooks it has. */
  boolean knows(String capability) {
    return names().contains(capability);
  }
}
