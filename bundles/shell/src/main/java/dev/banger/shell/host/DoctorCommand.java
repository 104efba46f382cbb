// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.host;

import dev.banger.doctor.Finding;
import dev.banger.shell.output.Findings;
import dev.banger.shell.output.Output;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "doctor",
    sortOptions = false,
    description = {
      "Check whether this host can run VMs, and say what to do where it cannot.",
      "Changes nothing without --fix. Exit status 1 when a check says FAIL."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger doctor",
      "  banger doctor --fix              # install what is missing: as root, or through sudo",
      "  banger doctor --json | jq -r '.[] | select(.status != \"pass\") | .remedy'"
    })
final class DoctorCommand implements Callable<Integer> {
  private final DoctorChecks doctor;
  private final FirstUse firstUse;
  private final Output output;

  @Option(names = "--fix", description = "Install the Debian packages that failing checks name.")
  private boolean fix;

  @Option(names = "--json", description = "Print an array of findings as JSON.")
  private boolean json;

  DoctorCommand(DoctorChecks doctor, FirstUse firstUse, Output output) {
    this.doctor = doctor;
    this.firstUse = firstUse;
    this.output = output;
  }

  @Override
  public Integer call() {
    List<Finding> findings = doctor.examine(output.operation());
    if (fix && fails(findings)) {
      firstUse.fix(findings, output);
      findings = doctor.examine(output.operation());
    }
    if (json) {
      output.json(findings);
    } else {
      output.print(Findings.text(findings, output.colours()));
    }
    return fails(findings) ? 1 : 0;
  }

  private static boolean fails(List<Finding> findings) {
    return findings.stream().anyMatch(each -> each.status() == Finding.Status.FAIL);
  }
}
