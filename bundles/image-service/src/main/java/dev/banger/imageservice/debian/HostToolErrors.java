// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.debian;

import java.util.List;

/** What a host tool wrote as errors, made short enough for a message. */
final class HostToolErrors {
  private static final int LINES = 4;

  private HostToolErrors() {}

  /** The lines that say what failed, with advice where it is the network. */
  static String summary(String stderr) {
    List<String> all = stderr.lines().map(String::strip).filter(l -> !l.isEmpty()).toList();
    List<String> errors = all.stream().filter(line -> line.startsWith("E: ")).toList();
    List<String> chosen = errors.isEmpty() ? all : errors;
    String text =
        String.join("; ", chosen.subList(Math.max(0, chosen.size() - LINES), chosen.size()))
            .replace("E: ", "");
    if (text.isEmpty()) {
      text = "it said nothing";
    }
    return saysUnreachable(stderr)
        ? text + ". The archive cannot be reached: check the network and apt's proxy settings"
        : text;
  }

  private static boolean saysUnreachable(String text) {
    return text.contains("Temporary failure resolving")
        || text.contains("Could not resolve")
        || text.contains("Could not connect")
        || text.contains("Unable to connect")
        || text.contains("Connection timed out");
  }
}
