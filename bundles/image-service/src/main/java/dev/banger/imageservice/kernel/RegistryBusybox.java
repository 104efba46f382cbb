// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import dev.banger.imageservice.storage.FileDigest;
import dev.banger.imageservice.storage.PrivateFiles;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes the busybox of a kernel that is here, and asks another source when there is none. */
final class RegistryBusybox implements BusyboxSource {
  private static final Logger LOG = LoggerFactory.getLogger(RegistryBusybox.class);

  private final KernelRegistry registry;
  private final BusyboxSource otherwise;

  RegistryBusybox(KernelRegistry registry, BusyboxSource otherwise) {
    this.registry = registry;
    this.otherwise = otherwise;
  }

  @Override
  public void fetch(Path directory, Operation operation) throws IOException {
    for (StoredKernel kernel : registry.list()) {
      byte[] busybox = read(kernel);
      if (FileDigest.sha256(busybox).equals(kernel.manifest().busybox().sha256())) {
        PrivateFiles.write(directory.resolve(KernelSource.BUSYBOX), busybox);
        return;
      }
    }
    otherwise.fetch(directory, operation);
  }

  private static byte[] read(StoredKernel kernel) {
    try {
      return Files.readAllBytes(kernel.busybox());
    } catch (IOException e) {
      // It may be damaged, or be deleted just now; there are others.
      LOG.debug("the busybox of kernel {} cannot be used", kernel.manifest().name(), e);
      return new byte[0];
    }
  }
}
