// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vm;

import java.util.Locale;

/**
 * A machine's size and where each figure came from.
 *
 * @param spec the size
 * @param vcpus where the CPU count came from
 * @param memory where the memory size came from
 * @param disk where the disk size came from
 * @param workDisk where the work disk's size came from
 */
public record SizedSpec(VmSpec spec, Origin vcpus, Origin memory, Origin disk, Origin workDisk) {
  /** Where a figure came from. */
  public enum Origin {
    /** A flag or request field. */
    FLAG,
    /** The configuration. */
    CONFIG,
    /** A heuristic on the host's size. */
    HOST,
    /** The program's own default. */
    BUILTIN;

    /** As shown to people. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
