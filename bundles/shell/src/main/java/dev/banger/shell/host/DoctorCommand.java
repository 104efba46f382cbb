// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.host;

import dev.banger.doctor.Finding;
import dev.banger.shell.output.Output;
import dev.banger.shell.output.Plain;
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
      output.print(text(findings));
    }
    return fails(findings) ? 1 : 0;
  }

  private static boolean fails(List<Finding> findings) {
    return findings.stream().anyMatch(each -> each.status() == Finding.Status.FAIL);
  }

  private String text(List<Finding> findings) {
    StringBuilder text = new StringBuilder();
    for (Finding finding : findings) {
      text.append(word(finding.status())).append("  ").append(Plain.oneLine(finding.check()));
      text.append('\n');
      indent(finding.detail(), text);
      if (finding.remedy() != null) {
        indent("→ " + finding.remedy(), text);
      }
    }
    return text.toString();
  }

  private static void indent(String lines, StringBuilder text) {
    if (lines != null) {
      Plain.lines(lines).lines().forEach(line -> text.append("      ").append(line).append('\n'));
    }
  }

  private String word(Finding.Status status) {
    if (!output.colours()) {
      return status.name();
    }
    String colour =
        switch (status) {
          case PASS -> "\u001b[32m";
          case WARN -> "\u001b[33m";
          case FAIL -> "\u001b[31m";
        };
    return colour + status.name() + "\u001b[0m";
  }
}
