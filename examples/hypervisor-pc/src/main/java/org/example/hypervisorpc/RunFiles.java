// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.hypervisorpc;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.MachineHandle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The files of one run of a machine. All are in its run directory, so a handle leads to them. */
record RunFiles(Path directory) {
  static RunFiles in(Path runtimeDirectory) {
    return new RunFiles(runtimeDirectory.toAbsolutePath().normalize());
  }

  static RunFiles of(MachineHandle handle) {
    return in(handle.controlSocket().toAbsolutePath().getParent());
  }

  Path controlSocket() {
    return directory.resolve("qmp.sock");
  }

  Path agentSocket() {
    return directory.resolve("agent.sock");
  }

  /** Its path on QEMU's command line tells this machine's QEMU from all others. */
  Path pidFile() {
    return directory.resolve("qemu.pid");
  }

  /** Which log is to be kept within which bound, for the daemon that comes next. */
  Path console() {
    return directory.resolve("console");
  }

  /** Removes them all, as far as they can be. */
  void remove() {
    IOException failure = null;
    for (Path file : List.of(controlSocket(), agentSocket(), pidFile(), console())) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED, "a file of the run cannot be removed: " + failure, failure);
    }
  }
}
