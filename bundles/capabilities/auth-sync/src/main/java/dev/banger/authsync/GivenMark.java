// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.authsync;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.vm.Vm;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** An empty file among those of a machine: its guest was, or is being, given something. */
record GivenMark(Path file) {
  static GivenMark of(Vm vm) {
    return new GivenMark(vm.files().directory().resolve("auth-sync"));
  }

  boolean isSet() {
    return Files.exists(file);
  }

  /**
   * Sets it.
   *
   * @return whether it was set before
   */
  boolean set() {
    try {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      return false;
    } catch (FileAlreadyExistsException e) {
      return true;
    } catch (IOException e) {
      throw failed(e);
    }
  }

  void clear() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private BangerException failed(IOException e) {
    return new BangerException(
        ErrorCode.OPERATION_FAILED, "cannot write or remove %s: %s".formatted(file, e), e);
  }
}
