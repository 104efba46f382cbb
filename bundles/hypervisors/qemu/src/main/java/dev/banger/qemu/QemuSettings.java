// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.util.Locale;

/** What the configuration says, checked. */
record QemuSettings(String program, Accelerator accelerator) {
  static QemuSettings of(QemuConfiguration configuration) {
    return new QemuSettings(
        configuration.program().strip(), Accelerator.named(configuration.accelerator().strip()));
  }

  /** What is to execute guests. */
  enum Accelerator {
    AUTO,
    KVM,
    TCG;

    private static Accelerator named(String name) {
      for (Accelerator accelerator : values()) {
        if (accelerator.name().toLowerCase(Locale.ROOT).equals(name)) {
          return accelerator;
        }
      }
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          "'accelerator' of %s must be auto, kvm or tcg, not '%s'"
              .formatted(QemuHypervisor.PID, name));
    }
  }
}
