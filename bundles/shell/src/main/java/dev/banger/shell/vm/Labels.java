// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.vm;

import dev.banger.vm.Vm;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Labels as they are given on a command line and shown. */
final class Labels {
  private Labels() {}

  /** Labels by key; of those with one key the last one counts. */
  static Map<String, String> byKey(List<Map.Entry<String, String>> given) {
    Map<String, String> labels = new LinkedHashMap<>();
    given.forEach(label -> labels.put(label.getKey(), label.getValue()));
    return labels;
  }

  /** Whether a VM has all of these labels. */
  static boolean has(Vm vm, List<Map.Entry<String, String>> wanted) {
    return vm.labels().entrySet().containsAll(wanted);
  }

  static String text(Map<String, String> labels) {
    return labels.entrySet().stream()
        .map(label -> label.getKey() + "=" + label.getValue())
        .collect(Collectors.joining(", "));
  }
}
