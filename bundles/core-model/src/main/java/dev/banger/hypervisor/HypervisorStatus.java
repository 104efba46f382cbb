// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.hypervisor;

/**
 * Whether a hypervisor can run machines on this host.
 *
 * @param usable whether it can
 * @param version the VMM's version, or null when it is not there
 * @param accelerator what will execute guests: {@code kvm}, {@code tcg}, or null when not yet
 *     probed
 * @param detail why, for a person: what the probe saw
 */
public record HypervisorStatus(boolean usable, String version, String accelerator, String detail) {}
