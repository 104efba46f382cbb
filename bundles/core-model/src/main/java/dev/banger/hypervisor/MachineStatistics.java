// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.hypervisor;

import java.time.Duration;

/**
 * What a machine's VMM process uses of the host, at one moment.
 *
 * @param processorTime the time that its threads have run, virtual CPUs included
 * @param residentBytes its memory that is resident, or -1 when that cannot be read
 * @param readBytes what it has had read from storage, or -1 when that cannot be read
 * @param writtenBytes what it has had written to storage, or -1 when that cannot be read
 * @param threads how many threads it has
 */
public record MachineStatistics(
    Duration processorTime, long residentBytes, long readBytes, long writtenBytes, int threads) {}
