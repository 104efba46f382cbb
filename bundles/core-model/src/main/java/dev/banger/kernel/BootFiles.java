// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.kernel;

import java.nio.file.Path;

/**
 * What a VMM loads to boot a machine.
 *
 * @param kernel an uncompressed ELF kernel with a PVH entry
 * @param initramfs the guest runtime: modules, busybox, agent
 * @param acpi whether the kernel finds the machine's devices through ACPI tables; else they must be
 *     named on its command line
 */
public record BootFiles(Path kernel, Path initramfs, boolean acpi) {}
