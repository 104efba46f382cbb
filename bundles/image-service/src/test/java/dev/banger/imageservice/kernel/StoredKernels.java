// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.banger.imageservice.storage.FileDigest;
import dev.banger.imageservice.storage.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Puts small kernels into registries. */
final class StoredKernels {
  static final List<String> MODULES = List.of("virtio.ko", "virtio_blk.ko");

  private StoredKernels() {}

  /** Writes what a source writes. */
  static KernelSource.Contents fill(Path directory, String version) throws IOException {
    PrivateFiles.write(
        directory.resolve(KernelSource.VMLINUX), ("kernel " + version).getBytes(UTF_8));
    PrivateFiles.write(directory.resolve(KernelSource.BUSYBOX), "busybox".getBytes(UTF_8));
    Path modules = PrivateFiles.createDirectory(directory.resolve(KernelSource.MODULES));
    for (String module : MODULES) {
      PrivateFiles.write(modules.resolve(module), (module + " " + version).getBytes(UTF_8));
    }
    return new KernelSource.Contents(version, "test", MODULES, true);
  }

  static KernelManifest manifest(String name, Path directory, String version) throws IOException {
    return manifest(name, directory, version, null);
  }

  static KernelManifest withSshServer(String name, Path directory, String version)
      throws IOException {
    return manifest(
        name, directory, version, FileDigest.of(directory.resolve(KernelSource.SSH_SERVER)));
  }

  private static KernelManifest manifest(
      String name, Path directory, String version, FileDigest sshServer) throws IOException {
    List<FileDigest> modules = new ArrayList<>();
    for (String module : MODULES) {
      modules.add(FileDigest.of(directory.resolve(KernelSource.MODULES).resolve(module)));
    }
    return new KernelManifest(
        KernelManifest.FORM,
        name,
        version,
        "amd64",
        "test",
        Instant.EPOCH,
        FileDigest.of(directory.resolve(KernelSource.VMLINUX)),
        FileDigest.of(directory.resolve(KernelSource.BUSYBOX)),
        modules,
        sshServer,
        true);
  }

  static StoredKernel publish(KernelRegistry registry, String name, String version)
      throws IOException {
    Path staging = registry.stage(name);
    fill(staging, version);
    return registry.publish(staging, manifest(name, staging, version));
  }

  /** The names of what is in a directory, sorted; none when it is not there. */
  static List<String> entries(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (var entries = Files.list(directory)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }
}
