// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.guest.GuestStatistics;
import dev.banger.hypervisor.MachineStatistics;
import dev.banger.vm.VmState;
import java.time.Duration;
import java.time.Instant;

/**
 * What a VM uses, as {@code vm stats --json} tells it: docs/commands.md.
 *
 * @param vmId its id
 * @param vmName its name
 * @param state its state
 * @param at when this was found out
 * @param cpuPercent what its VMM used of the host's CPUs within the interval, 100 for one CPU; null
 *     unless it ran all that time
 * @param interval the time that was measured; null as above
 * @param allocatedBytes what its files take on the host's disk
 * @param machine what its VMM uses of the host; null unless it runs
 * @param guest what its guest says of itself; null when it does not answer
 * @param guestError why the guest says nothing, or null
 */
record VmUsage(
    String vmId,
    String vmName,
    VmState state,
    Instant at,
    Double cpuPercent,
    Duration interval,
    long allocatedBytes,
    MachineStatistics machine,
    GuestStatistics guest,
    String guestError) {}
