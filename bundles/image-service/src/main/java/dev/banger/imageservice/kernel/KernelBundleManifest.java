// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import dev.banger.imageservice.storage.FileDigest;
import dev.banger.imageservice.storage.RegistryName;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What stands in a kernel bundle's {@code manifest.json} (docs/kernels.md).
 *
 * @param form of the bundle
 * @param name of the kernel
 * @param version the kernel's own
 * @param architecture in Debian's words
 * @param acpi whether it finds a machine's devices through ACPI tables
 * @param vmlinux the ELF kernel
 * @param modules in the order in which they are loaded; files in {@code modules/}
 */
record KernelBundleManifest(
    Integer form,
    String name,
    String version,
    String architecture,
    Boolean acpi,
    FileDigest vmlinux,
    List<FileDigest> modules) {
  static final int FORM = 1;
  static final String FILE = "manifest.json";
  static final String ARCHITECTURE = "amd64";

  private static final int MAX_MODULES = 256;
  private static final Pattern VERSION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._+~-]{0,63}");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  /**
   * Returns when all in it is of the right form.
   *
   * @throws IOException otherwise
   */
  void requireSound() throws IOException {
    if (form == null || form != FORM) {
      throw new IOException("its manifest is of form " + form + ", not " + FORM);
    }
    if (!ARCHITECTURE.equals(architecture)) {
      throw new IOException(
          "its manifest is of a kernel for " + architecture + ", not for " + ARCHITECTURE);
    }
    boolean named = name != null && RegistryName.isValid(name);
    boolean versioned = version != null && VERSION.matcher(version).matches();
    if (!named || !versioned || acpi == null || vmlinux == null || modules == null) {
      throw new IOException("its manifest lacks a sound name, version, acpi, vmlinux or modules");
    }
    requireSound(vmlinux, KernelSource.VMLINUX.equals(vmlinux.name()));
    Set<String> seen = new HashSet<>();
    for (FileDigest module : modules) {
      boolean fit =
          ModuleFile.of(module.name()).filter(file -> file.ending().isEmpty()).isPresent();
      requireSound(module, fit && seen.add(module.name()));
    }
    if (modules.size() > MAX_MODULES) {
      throw new IOException("its manifest names more than " + MAX_MODULES + " modules");
    }
  }

  private static void requireSound(FileDigest file, boolean fit) throws IOException {
    if (!fit || file.size() < 0 || !SHA256.matcher(file.sha256()).matches()) {
      throw new IOException("its manifest names an impossible file \"" + file.name() + "\"");
    }
  }
}
