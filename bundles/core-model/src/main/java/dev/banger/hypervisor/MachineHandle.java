// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.hypervisor;

import java.nio.file.Path;

/**
 * What is needed to find a VMM process again, whoever started it: written to disk before anybody
 * relies on it.
 *
 * @param hypervisor the name of the hypervisor that owns it
 * @param pid its process id
 * @param processStart when the kernel started that process, in clock ticks since boot (field 22 of
 *     /proc/PID/stat): tells it from a later process with the same id
 * @param bootId the host's boot id at that time (/proc/sys/kernel/random/boot_id)
 * @param accelerator what executes the guest: {@code kvm} or {@code tcg}
 * @param controlSocket the VMM's control socket
 * @param agentSocket the socket that reaches the guest agent
 */
public record MachineHandle(
    String hypervisor,
    long pid,
    long processStart,
    String bootId,
    String accelerator,
    Path controlSocket,
    Path agentSocket) {}
