// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.kernel;

import java.nio.file.Path;
import java.time.Instant;

/**
 * A kernel that machines boot.
 *
 * @param name its name in the registry
 * @param version the kernel's own version, such as {@code 6.1.0-49-cloud-amd64}
 * @param architecture such as {@code amd64}
 * @param directory its directory
 * @param vmlinux the uncompressed ELF kernel
 * @param modules directory of the modules that the initramfs loads; empty when all is built in
 * @param sha256 digest of vmlinux, lower-case hex
 * @param acpi whether it finds a machine's devices through ACPI tables
 * @param source where it came from
 * @param createdAt when it was published here
 */
public record Kernel(
    String name,
    String version,
    String architecture,
    Path directory,
    Path vmlinux,
    Path modules,
    String sha256,
    boolean acpi,
    String source,
    Instant createdAt) {}
