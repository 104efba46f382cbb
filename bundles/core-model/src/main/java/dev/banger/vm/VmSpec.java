// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vm;

/**
 * The size and kind of a machine.
 *
 * @param vcpus virtual CPUs, at least 1
 * @param memoryMib memory in MiB, at least 64
 * @param diskBytes size of the root disk in bytes, at least the image's size
 * @param workDiskBytes size of the work disk in bytes, which holds the home of root and outlives a
 *     reset; 0 for none
 * @param network how it reaches the network
 */
public record VmSpec(
    int vcpus, long memoryMib, long diskBytes, long workDiskBytes, NetworkMode network) {}
