// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.capability.CapabilityTarget;
import dev.banger.capability.HostPreparer;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Map;

/** Makes a file in the place of each work disk. */
final class FakeWorkDisk implements HostPreparer {
  static final Map<String, Object> PROPERTIES =
      Map.of(CapabilityTarget.PROPERTY, "(workDiskBytes>=1)");

  @Override
  public String capability() {
    return "work-disk";
  }

  @Override
  public void prepareHost(Vm vm, Operation operation) {
    try {
      if (!Files.exists(vm.files().workDisk())) {
        Files.createFile(vm.files().workDisk());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
