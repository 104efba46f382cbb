// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.doctor;

import java.util.List;

/**
 * What a check found.
 *
 * @param check the check's stable name, such as {@code qemu}
 * @param status how it stands
 * @param detail what was seen, for a person
 * @param remedy what to do about it; null when nothing is to be done
 * @param packages Debian packages that mend it; empty when packages do not
 */
public record Finding(
    String check, Status status, String detail, String remedy, List<String> packages) {
  public Finding {
    packages = List.copyOf(packages);
  }

  /** How a check stands. */
  public enum Status {
    /** As it should be. */
    PASS,
    /** Works, with a limit worth knowing. */
    WARN,
    /** Keeps machines from running. */
    FAIL
  }

  /** All is well. */
  public static Finding pass(String check, String detail) {
    return new Finding(check, Status.PASS, detail, null, List.of());
  }

  /** Works, with a limit. */
  public static Finding warn(String check, String detail, String remedy) {
    return new Finding(check, Status.WARN, detail, remedy, List.of());
  }

  /** Does not work; these packages mend it, if any are named. */
  public static Finding fail(String check, String detail, String remedy, String... packages) {
    return new Finding(check, Status.FAIL, detail, remedy, List.of(packages));
  }
}
