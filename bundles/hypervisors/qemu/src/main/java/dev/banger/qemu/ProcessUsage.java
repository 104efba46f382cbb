// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import dev.banger.hypervisor.MachineStatistics;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a process uses of the host, as proc(5) shows it. */
final class ProcessUsage {
  /** Fields of /proc/PID/stat behind the command's name. */
  private static final int USER_TICKS = 14 - 3;

  private static final int SYSTEM_TICKS = 15 - 3;
  private static final int THREADS = 20 - 3;

  /** USER_HZ of the kernel's interface to programs: 100 on every machine that Java runs on. */
  private static final long TICK_MILLIS = 10;

  private static final Pattern RESIDENT = Pattern.compile("(?m)^VmRSS:\\s+([0-9]{1,12}) kB$");
  private static final Pattern READ = Pattern.compile("(?m)^read_bytes: ([0-9]{1,18})$");
  private static final Pattern WRITTEN = Pattern.compile("(?m)^write_bytes: ([0-9]{1,18})$");

  private final ProcessTable processes;

  ProcessUsage(ProcessTable processes) {
    this.processes = processes;
  }

  /** What a process uses; empty when it does not live. */
  Optional<MachineStatistics> of(ProcessIdentity process) {
    List<String> fields = processes.status(process.pid());
    String status = processes.text(process.pid(), "status");
    // Fails for a process of another user, or one that may not be traced.
    String storage = processes.text(process.pid(), "io");
    // Asked last, so that all of this is known to be that process's.
    if (fields.size() <= THREADS || !processes.alive(process)) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new MachineStatistics(
              Duration.ofMillis(
                  Math.multiplyExact(
                      TICK_MILLIS,
                      Math.addExact(
                          Long.parseLong(fields.get(USER_TICKS)),
                          Long.parseLong(fields.get(SYSTEM_TICKS))))),
              number(RESIDENT, status, 1024),
              number(READ, storage, 1),
              number(WRITTEN, storage, 1),
              Integer.parseInt(fields.get(THREADS))));
    } catch (NumberFormatException | ArithmeticException e) {
      return Optional.empty();
    }
  }

  private static long number(Pattern line, String text, long unit) {
    Matcher found = line.matcher(text);
    return found.find() ? Long.parseLong(found.group(1)) * unit : -1;
  }
}
