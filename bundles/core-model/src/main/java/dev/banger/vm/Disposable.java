// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vm;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * Machines for one command, such as those of {@code vm run --rm}: whoever runs the command deletes
 * them at its end, and where the process that runs it does not live to see that, the next one that
 * looks after machines does. The process is named by a label, so that there is no moment at which
 * such a machine exists and is not known as one.
 */
public final class Disposable {
  /** The key of the label. */
  public static final String LABEL = "banger/disposable";

  /** Asked once: where no file can be opened the system does not tell the start of a process. */
  private static final String PROCESS = process();

  private Disposable() {}

  /**
   * What makes a new machine one of this process.
   *
   * @param labels the labels that it has besides
   * @return these, and the one that says so
   */
  public static Map<String, String> labels(Map<String, String> labels) {
    Map<String, String> all = new HashMap<>(labels);
    all.put(LABEL, PROCESS);
    return all;
  }

  /** Whether a machine is one of a process that has ended. */
  public static boolean isAbandoned(Vm vm) {
    String owner = vm.labels().get(LABEL);
    return owner != null && !owner.equals(PROCESS);
  }

  /** This process, whatever is updated in it; no other one that uses the same machines has both. */
  private static String process() {
    ProcessHandle self = ProcessHandle.current();
    long start = self.info().startInstant().orElse(Instant.EPOCH).toEpochMilli();
    return self.pid() + "-" + start;
  }
}
