// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.imageservice.storage.FileDigest;
import dev.banger.kernel.Kernel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** A kernel in the registry. */
record StoredKernel(KernelManifest manifest, Path directory) {
  static final String MANIFEST = "manifest.json";

  Path vmlinux() {
    return directory.resolve(KernelSource.VMLINUX);
  }

  Path busybox() {
    return directory.resolve(KernelSource.BUSYBOX);
  }

  Path sshServer() {
    return directory.resolve(KernelSource.SSH_SERVER);
  }

  Path module(FileDigest module) {
    return directory.resolve(KernelSource.MODULES).resolve(module.name());
  }

  Kernel toKernel() {
    return new Kernel(
        manifest.name(),
        manifest.version(),
        manifest.architecture(),
        directory,
        vmlinux(),
        directory.resolve(KernelSource.MODULES),
        manifest.vmlinux().sha256(),
        manifest.acpi(),
        manifest.source(),
        manifest.createdAt());
  }

  /**
   * Returns when every file is there in its size.
   *
   * @throws BangerException CORRUPT
   */
  void requireWhole() {
    requireWhole(vmlinux(), manifest.vmlinux());
    requireWhole(busybox(), manifest.busybox());
    if (manifest.sshServer() != null) {
      requireWhole(sshServer(), manifest.sshServer());
    }
    for (FileDigest module : manifest.modules()) {
      requireWhole(module(module), module);
    }
  }

  private void requireWhole(Path file, FileDigest digest) {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw damaged(manifest.name(), directory.relativize(file) + " is missing", null);
    }
    try {
      if (Files.size(file) != digest.size()) {
        throw damaged(
            manifest.name(),
            directory.relativize(file)
                + " has "
                + Files.size(file)
                + " bytes, not "
                + digest.size(),
            null);
      }
    } catch (IOException e) {
      throw damaged(manifest.name(), e.toString(), e);
    }
  }

  static BangerException damaged(String name, String why, Throwable cause) {
    return new BangerException(
        ErrorCode.CORRUPT,
        "kernel \""
            + name
            + "\" is damaged ("
            + why
            + "); make it anew (\"banger kernel pull "
            + name
            + " --force\" if it is of the catalog), or delete it with \"banger kernel delete "
            + name
            + "\"",
        cause);
  }
}
