// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.MachineConfig;
import dev.banger.hypervisor.PortForward;

/** Turns what QEMU said when it did not start into an error. */
final class StartFailure {
  private StartFailure() {}

  static BangerException of(String words, MachineConfig config) {
    if (words.contains("Could not set up host forwarding rule")) {
      return config.portForwards().stream()
          .filter(forward -> words.contains(QemuCommandLine.rule(forward)))
          .findFirst()
          .map(forward -> portTaken(forward, words))
          .orElseGet(() -> failed(words));
    }
    return failed(words);
  }

  static BangerException portTaken(PortForward forward, String words) {
    return new BangerException(
        ErrorCode.ALREADY_EXISTS,
        "port %d of %s is taken on the host, or may not be used: %s"
            .formatted(forward.hostPort(), forward.hostAddress(), words));
  }

  private static BangerException failed(String words) {
    return new BangerException(
        ErrorCode.OPERATION_FAILED,
        "QEMU did not start: " + (words.isEmpty() ? "it gave no reason" : words));
  }
}
