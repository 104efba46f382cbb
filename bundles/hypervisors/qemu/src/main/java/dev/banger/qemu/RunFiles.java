// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.MachineHandle;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The files of one run of a machine, all in its runtime directory. */
record RunFiles(Path directory) {
  /** sun_path of unix(7) has 108 bytes, the last of them zero. */
  private static final int LONGEST_SOCKET_NAME = 107;

  static RunFiles in(Path runtimeDirectory) {
    return new RunFiles(runtimeDirectory.toAbsolutePath().normalize());
  }

  static RunFiles of(MachineHandle handle) {
    return in(handle.controlSocket().toAbsolutePath().getParent());
  }

  /** Names the process: its path on the VMM's command line tells this machine's from all others. */
  Path pidFile() {
    return directory.resolve("qemu.pid");
  }

  Path controlSocket() {
    return directory.resolve("qmp.sock");
  }

  Path agentSocket() {
    return directory.resolve("agent.sock");
  }

  /** Where the console log is and how long it may become, for a daemon that adopts the machine. */
  Path consoleBound() {
    return directory.resolve("console-bound");
  }

  /** All of them. */
  List<Path> all() {
    return List.of(controlSocket(), agentSocket(), consoleBound(), pidFile());
  }

  void requireShortNames() {
    for (Path socket : List.of(controlSocket(), agentSocket())) {
      if (socket.toString().getBytes(StandardCharsets.UTF_8).length > LONGEST_SOCKET_NAME) {
        throw new BangerException(
            ErrorCode.BAD_REQUEST,
            "the path of the socket %s is longer than %d bytes: use a shorter run directory"
                .formatted(socket, LONGEST_SOCKET_NAME));
      }
    }
  }

  /**
   * Removes them all; not there is as good.
   *
   * @param failures gets what could not be removed
   */
  void remove(Failures failures) {
    for (Path file : all()) {
      failures.attempt(
          () -> {
            try {
              Files.deleteIfExists(file);
            } catch (IOException e) {
              throw new BangerException(
                  ErrorCode.OPERATION_FAILED, "%s cannot be removed: %s".formatted(file, e), e);
            }
          });
    }
  }
}
