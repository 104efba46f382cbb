// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import dev.banger.imageservice.storage.FileDigest;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

/**
 * What stands in a kernel's {@code manifest.json}, which is written last.
 *
 * @param form of the manifest
 * @param name in the registry
 * @param version the kernel's own
 * @param architecture in Debian's words
 * @param source where it came from
 * @param createdAt when it was made
 * @param vmlinux the ELF kernel
 * @param busybox the static busybox of its initramfs
 * @param modules in the order in which they are loaded; files in {@code modules/}
 * @param sshServer the archive of the ssh server in its initramfs, or null without one
 * @param acpi whether it finds a machine's devices through ACPI tables; absent means that it does
 */
record KernelManifest(
    int form,
    String name,
    String version,
    String architecture,
    String source,
    Instant createdAt,
    FileDigest vmlinux,
    FileDigest busybox,
    List<FileDigest> modules,
    FileDigest sshServer,
    Boolean acpi) {
  static final int FORM = 1;

  KernelManifest {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(version, "version");
    Objects.requireNonNull(vmlinux, "vmlinux");
    Objects.requireNonNull(busybox, "busybox");
    modules = List.copyOf(modules);
    acpi = acpi == null || acpi;
  }
}
