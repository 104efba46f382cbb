// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import dev.banger.doctor.DoctorCheck;
import dev.banger.doctor.Finding;
import dev.banger.host.HostCommands;
import dev.banger.operation.Operation;
import java.util.ArrayList;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Whether the host has what makes images and kernels of Debian's packages. */
@Component
public final class DebianCheck implements DoctorCheck {
  private final DebianHost host;
  private final BuildTools tools;

  @Activate
  public DebianCheck(@Reference HostCommands commands) {
    this(new DebianHost(commands));
  }

  DebianCheck(DebianHost host) {
    this(host, new BuildTools(host));
  }

  DebianCheck(DebianHost host, BuildTools tools) {
    this.host = host;
    this.tools = tools;
  }

  @Override
  public List<Finding> examine(Operation operation) {
    List<Finding> findings = new ArrayList<>();
    findings.add(program("apt-get", "apt"));
    findings.add(program("mmdebstrap", "mmdebstrap"));
    findings.add(
        host.hasKeyring()
            ? Finding.pass("debian-keys", DebianSources.KEYRING)
            : Finding.fail(
                "debian-keys",
                "Debian's archive keys are not installed",
                "install them",
                "debian-archive-keyring"));
    if (!host.isRoot()) {
      findings.add(program("newuidmap", "uidmap"));
      findings.add(
          host.hasSubordinateIds()
              ? Finding.pass("subordinate-ids", "ranges for " + host.user() + " are there")
              : Finding.fail(
                  "subordinate-ids", "no ranges in /etc/subuid", host.subordinateIdsMissing()));
    }
    findings.add(kernelBuild());
    return findings;
  }

  /** Never a failure: only one command needs it. */
  private Finding kernelBuild() {
    List<String> missing = tools.missing();
    return Finding.pass(
        "kernel-build",
        missing.isEmpty()
            ? "what compiles kernels is installed"
            : "only \"banger kernel build\" needs "
                + String.join(", ", missing)
                + ", not installed here");
  }

  private Finding program(String name, String packageName) {
    return host.has(name)
        ? Finding.pass(name, "installed")
        : Finding.fail(name, name + " is not installed", "install it", packageName);
  }
}
