// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.output;

import dev.banger.doctor.Finding;
import java.util.List;

/** What checks found, for a person. */
public final class Findings {
  private Findings() {}

  /** Each finding: its status and name, and below what was seen and what to do. */
  public static String text(List<Finding> findings, boolean colours) {
    StringBuilder text = new StringBuilder();
    for (Finding finding : findings) {
      text.append(word(finding.status(), colours)).append("  ");
      text.append(Plain.oneLine(finding.check())).append('\n');
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

  private static String word(Finding.Status status, boolean colours) {
    if (!colours) {
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
