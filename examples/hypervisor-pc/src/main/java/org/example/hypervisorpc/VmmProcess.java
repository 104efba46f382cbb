// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.hypervisorpc;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.hypervisor.MachineHandle;
import dev.banger.hypervisor.MachineStatistics;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One process of this host (proc(5)), and no other that is given its id later. */
record VmmProcess(long pid, long start, String bootId) {
  /** State and start of a process: fields 3 and 22, the second being a name of any characters. */
  private static final Pattern STAT = Pattern.compile("(?s).*\\) (\\S)(?: \\S+){18} (\\d+) .*");

  private static final Charset ARGUMENTS =
      Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final Duration PAUSE = Duration.ofMillis(5);

  static VmmProcess of(MachineHandle handle) {
    return new VmmProcess(handle.pid(), handle.processStart(), handle.bootId());
  }

  /** The process of an id; empty when there is none, or it only waits to be reaped. */
  static Optional<VmmProcess> living(long pid) {
    Matcher stat = STAT.matcher(text(pid, "stat", Charset.defaultCharset()));
    return stat.matches() && !stat.group(1).equals("Z")
        ? Optional.of(new VmmProcess(pid, Long.parseLong(stat.group(2)), currentBoot()))
        : Optional.empty();
  }

  /** The processes that have an argument. */
  static List<VmmProcess> with(String argument) {
    return ProcessHandle.allProcesses()
        .map(ProcessHandle::pid)
        .filter(pid -> List.of(text(pid, "cmdline", ARGUMENTS).split("\0")).contains(argument))
        .flatMap(pid -> living(pid).stream())
        .toList();
  }

  boolean alive() {
    return living(pid).filter(this::equals).isPresent();
  }

  /** What it uses of the host; empty when it does not live. */
  Optional<MachineStatistics> statistics() {
    String status = text(pid, "status", Charset.defaultCharset());
    String storage = text(pid, "io", Charset.defaultCharset());
    Optional<Duration> time =
        ProcessHandle.of(pid).flatMap(process -> process.info().totalCpuDuration());
    if (time.isEmpty() || !alive()) { // asked last: all of this is that process's
      return Optional.empty();
    }
    long kibibytes = number(status, "VmRSS");
    return Optional.of(
        new MachineStatistics(
            time.get(),
            kibibytes < 0 ? -1 : kibibytes * 1024,
            number(storage, "read_bytes"),
            number(storage, "write_bytes"),
            (int) number(status, "Threads")));
  }

  /**
   * Asks it to end, then insists. Asked, QEMU closes its disks.
   *
   * @throws BangerException OPERATION_FAILED when not even KILL ends it; CANCELLED
   */
  void end(Operation operation) {
    if (alive()) {
      ProcessHandle.of(pid).ifPresent(ProcessHandle::destroy);
    }
    if (!gone(PATIENCE, operation)) {
      ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
      if (!gone(PATIENCE.multipliedBy(5), operation)) {
        throw new BangerException(
            ErrorCode.OPERATION_FAILED, "process " + pid + " does not end, not even by KILL");
      }
    }
  }

  private boolean gone(Duration limit, Operation operation) {
    try {
      operation.within(limit).await(() -> !alive(), PAUSE);
      return true;
    } catch (BangerException e) {
      if (e.code() == ErrorCode.DEADLINE_EXCEEDED) {
        return false;
      }
      throw e;
    }
  }

  private static long number(String text, String key) {
    Matcher found = Pattern.compile("(?m)^" + key + ":\\s+(\\d{1,18})").matcher(text);
    return found.find() ? Long.parseLong(found.group(1)) : -1;
  }

  private static String currentBoot() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A file of a process; empty when there is no such process, or it is another user's. */
  private static String text(long pid, String file, Charset charset) {
    try {
      return new String(Files.readAllBytes(Path.of("/proc", Long.toString(pid), file)), charset);
    } catch (NoSuchFileException e) {
      return "";
    } catch (IOException e) {
      return ""; // it ended while it was read, or it is another user's
    }
  }
}
