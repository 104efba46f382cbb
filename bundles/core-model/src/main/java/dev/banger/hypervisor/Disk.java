// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.hypervisor;

import java.nio.file.Path;
import java.util.Locale;

/**
 * A disk of a machine.
 *
 * @param serial its serial number in the guest, 1 to 20 of a-z 0-9 and '-'; unique within the
 *     machine
 * @param path its file on the host
 * @param format how the file is to be read
 * @param readOnly whether the guest may not write to it
 */
public record Disk(String serial, Path path, Format format, boolean readOnly) {
  /** The format of a disk's file. */
  public enum Format {
    RAW,
    QCOW2;

    /** As the tools spell it. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
