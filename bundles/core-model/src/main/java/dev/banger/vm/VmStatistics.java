// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vm;

import dev.banger.guest.GuestStatistics;
import dev.banger.hypervisor.MachineStatistics;
import java.time.Instant;

/**
 * What a machine uses, at one moment.
 *
 * @param vm its record
 * @param at when this was found out
 * @param allocatedBytes what its files take on the host's disk
 * @param machine what its VMM uses of the host; null unless it runs
 * @param guest what its guest says of itself; null when it does not answer
 * @param guestError why the guest says nothing; null when it does, or when the machine does not run
 */
public record VmStatistics(
    Vm vm,
    Instant at,
    long allocatedBytes,
    MachineStatistics machine,
    GuestStatistics guest,
    String guestError) {}
