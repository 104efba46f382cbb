// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.host;

import dev.banger.doctor.DoctorCheck;
import dev.banger.shell.FakeHost;
import java.time.Duration;
import java.util.List;

/** Makes what commands need to look at the host. */
public final class Doctor {
  private Doctor() {}

  public static DoctorChecks with(DoctorCheck... checks) {
    return new DoctorChecks(Duration.ofSeconds(30), List.of(checks));
  }

  public static FirstUse firstUse(DoctorChecks checks, FakeHost host, boolean root) {
    return new FirstUse(checks, new HostPackages(host, root));
  }

  public static FirstUse fit() {
    return firstUse(with(), new FakeHost(), false);
  }
}
