// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import java.util.List;

/** The line of an exception that helps: its innermost cause. */
final class Exceptions {
  private static final String CAUSE = "Caused by: ";

  private Exceptions() {}

  /** Of an exception. */
  static String told(Throwable failure) {
    Throwable innermost = failure;
    while (innermost.getCause() != null && innermost.getCause() != innermost) {
      innermost = innermost.getCause();
    }
    return innermost.toString();
  }

  /** Of a stack trace as text. */
  static String told(String trace) {
    if (trace == null || trace.isBlank()) {
      return "no exception is known";
    }
    List<String> lines = trace.lines().toList();
    return lines.stream()
        .map(String::strip)
        .filter(each -> each.startsWith(CAUSE))
        .reduce((first, last) -> last)
        .map(each -> each.substring(CAUSE.length()))
        .orElse(lines.get(0));
  }
}
