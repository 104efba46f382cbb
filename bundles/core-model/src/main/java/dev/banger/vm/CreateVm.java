// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vm;

/**
 * A request for a new machine. Null means: let banger choose.
 *
 * @param name its name, or null for a generated one
 * @param image the image by name, id or unambiguous prefix, or a catalog name to pull; null for the
 *     configured default
 * @param vcpus virtual CPUs, or null
 * @param memoryMib memory in MiB, or null
 * @param diskBytes size of the root disk in bytes, or null
 * @param network how it reaches the network, or null
 */
public record CreateVm(
    String name,
    String image,
    Integer vcpus,
    Long memoryMib,
    Long diskBytes,
    NetworkMode network) {}
