// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.doctor.DoctorCheck;
import dev.banger.doctor.Finding;
import dev.banger.operation.Operation;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Looks at the Java that runs the daemon, and at the machine below it. */
@Component
public final class JavaPlatformCheck implements DoctorCheck {
  private static final int OLDEST_JAVA = 17;

  private final int feature;
  private final String version;
  private final String architecture;

  @Activate
  public JavaPlatformCheck() {
    this(
        Runtime.version().feature(),
        System.getProperty("java.version"),
        System.getProperty("os.arch"));
  }

  JavaPlatformCheck(int feature, String version, String architecture) {
    this.feature = feature;
    this.version = version;
    this.architecture = architecture;
  }

  @Override
  public List<Finding> examine(Operation operation) {
    return List.of(java(), architecture());
  }

  private Finding java() {
    return feature >= OLDEST_JAVA
        ? Finding.pass("java", "Java " + version)
        : Finding.fail(
            "java",
            "Java " + version + " is older than " + OLDEST_JAVA,
            "install a newer Java",
            "openjdk-17-jre-headless");
  }

  private Finding architecture() {
    return architecture.equals("amd64") || architecture.equals("x86_64")
        ? Finding.pass("architecture", "x86_64")
        : Finding.fail(
            "architecture",
            "this machine is " + architecture + "; kernels and images are for x86_64",
            "use an x86_64 machine");
  }
}
