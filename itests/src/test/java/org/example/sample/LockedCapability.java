// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.sample;

import dev.banger.capability.Cleanup;
import dev.banger.capability.PostStart;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.vm.Vm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file for each machine, in the home of banger, which cannot be removed while there is a file
 * {@code locked}.
 */
public final class LockedCapability implements PostStart, Cleanup {
  @Override
  public String capability() {
    return "locked";
  }

  @Override
  public void started(Vm vm, boolean late, Operation operation) {
    try {
      Files.writeString(file("for-" + vm.name()), "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void cleanUp(Vm vm, Operation operation) {
    if (Files.exists(file("locked"))) {
      throw new BangerException(ErrorCode.OPERATION_FAILED, "the door is locked");
    }
    try {
      Files.deleteIfExists(file("for-" + vm.name()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path file(String name) {
    return Path.of(System.getenv("BANGER_HOME"), name);
  }
}
