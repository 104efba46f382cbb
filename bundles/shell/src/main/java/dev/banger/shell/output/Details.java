// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.output;

import java.util.LinkedHashMap;
import java.util.Map;

/** What is known of one thing, a line each; what is not known is left out. */
public final class Details {
  private final Map<String, String> lines = new LinkedHashMap<>();

  /** Adds a line, unless the value is null or empty. */
  public Details add(String name, Object value) {
    if (value != null && !value.toString().isEmpty()) {
      lines.put(name + ":", Plain.oneLine(value.toString()));
    }
    return this;
  }

  /** The lines, their values aligned. */
  public String text() {
    int width = lines.keySet().stream().mapToInt(String::length).max().orElse(0) + 2;
    StringBuilder text = new StringBuilder();
    lines.forEach(
        (name, value) ->
            text.append(name).append(" ".repeat(width - name.length())).append(value).append('\n'));
    return text.toString();
  }
}
