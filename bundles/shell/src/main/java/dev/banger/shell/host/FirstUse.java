// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.host;

import dev.banger.doctor.DoctorCheck;
import dev.banger.doctor.Finding;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.shell.SteadyServices;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.Question;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * Sees to it that the host has the packages that machines need, before a command changes anything.
 * A person is asked; root without a terminal is not; who cannot be asked and is not root gets an
 * error that says what to do.
 */
@Component(service = FirstUse.class)
public final class FirstUse {
  private final DoctorChecks doctor;
  private final HostPackages packages;

  // The checks that have all passed: they are not run again while the same ones are there.
  private volatile List<DoctorCheck> passed;

  @Activate
  public FirstUse(@Reference DoctorChecks doctor, @Reference SteadyServices services) {
    this(doctor, new HostPackages(services.hostCommands(), runsAsRoot()));
  }

  FirstUse(DoctorChecks doctor, HostPackages packages) {
    this.doctor = doctor;
    this.packages = packages;
  }

  private static boolean runsAsRoot() {
    try {
      return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  /**
   * Returns once no package is missing.
   *
   * @throws BangerException HOST_UNFIT when some stay missing
   */
  public void makeFit(Output output) {
    List<DoctorCheck> now = doctor.checks();
    if (now.equals(passed)) {
      return;
    }
    SortedSet<String> missing = missing(output.operation());
    if (!missing.isEmpty()) {
      consent(missing, output);
      packages.install(missing, output);
      refuseWhatIsStillMissing(output);
    }
    passed = now;
  }

  /** Runs a step; when the host turns out to be unfit after all, the next command looks again. */
  public <T> T watch(Supplier<T> step) {
    try {
      return step.get();
    } catch (BangerException e) {
      if (e.code() == ErrorCode.HOST_UNFIT) {
        passed = null;
      }
      throw e;
    }
  }

  /** Installs what failing checks name, as {@code doctor --fix} does. */
  void fix(List<Finding> findings, Output output) {
    SortedSet<String> missing = packagesOf(findings);
    if (missing.isEmpty()) {
      return;
    }
    if (!packages.asRoot() && !new Question(output).canBeAsked()) {
      throw new BangerException(
          ErrorCode.HOST_UNFIT,
          "only root can install "
              + String.join(" ", missing)
              + "; run 'banger doctor --fix' on a terminal, or: sudo apt-get install "
              + String.join(" ", missing));
    }
    packages.install(missing, output);
  }

  private SortedSet<String> missing(Operation operation) {
    return packagesOf(doctor.examine(operation));
  }

  private static SortedSet<String> packagesOf(List<Finding> findings) {
    SortedSet<String> packages = new TreeSet<>();
    for (Finding finding : findings) {
      if (finding.status() == Finding.Status.FAIL) {
        packages.addAll(finding.packages());
      }
    }
    return packages;
  }

  private void consent(SortedSet<String> missing, Output output) {
    String names = String.join(" ", missing);
    Question question = new Question(output);
    if (question.canBeAsked()) {
      if (question.saidYes("This host lacks " + names + ".\nInstall " + names + " now?", true)) {
        return;
      }
    } else if (packages.asRoot()) {
      output.note("this host lacks " + names);
      return;
    }
    throw new BangerException(
        ErrorCode.HOST_UNFIT,
        "this host lacks " + names + "; install them with 'banger doctor --fix'");
  }

  private void refuseWhatIsStillMissing(Output output) {
    SortedSet<String> missing = missing(output.operation());
    if (!missing.isEmpty()) {
      throw new BangerException(
          ErrorCode.HOST_UNFIT,
          "this host still lacks "
              + String.join(" ", missing)
              + " after their installation; 'banger doctor' says more");
    }
  }
}
