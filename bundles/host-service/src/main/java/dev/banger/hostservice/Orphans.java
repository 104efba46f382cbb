// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.hostservice;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Commands of a daemon that was killed. They run on and write into directories that the next daemon
 * clears away, so it ends them first. They are known by a variable in their environment; one that
 * has made a session of its own, as a VMM does, is meant to live on.
 */
final class Orphans {
  /** Its value is the session of the daemon and, after a colon, its state directory as in a URI. */
  static final String VARIABLE = "BANGER_COMMAND_OF";

  private static final Logger LOG = LoggerFactory.getLogger(Orphans.class);
  private static final Path PROCESSES = Path.of("/proc");

  /** For a program that removes its own temporary files when it is asked to end. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  private static final Duration DEATH = Duration.ofSeconds(1);

  /** What is killed may have forked just before. */
  private static final int ROUNDS = 5;

  private final Path state;

  Orphans(Path state) {
    this.state = state;
  }

  /** The value of the variable for commands of this process. */
  String mark() {
    return session(PROCESSES.resolve("self")) + ":" + place();
  }

  /**
   * Ends all commands of earlier daemons of this state directory: they are asked to, then they are
   * killed. Only the daemon that holds the directory's lock may call it, before it runs a command.
   */
  void end() {
    List<ProcessHandle> orphans = find();
    if (orphans.isEmpty()) {
      return;
    }
    LOG.info("{} commands of a daemon that was killed are ended", orphans.size());
    orphans.forEach(ProcessHandle::destroy);
    awaitExit(orphans, GRACE);
    for (int round = 0; round < ROUNDS && !find().isEmpty(); round++) {
      List<ProcessHandle> left = find();
      left.forEach(ProcessHandle::destroyForcibly);
      awaitExit(left, DEATH);
    }
    find().forEach(left -> LOG.warn("process {} of an earlier daemon does not end", left.pid()));
  }

  private List<ProcessHandle> find() {
    return ProcessHandle.allProcesses().filter(this::isOrphan).toList();
  }

  private boolean isOrphan(ProcessHandle handle) {
    Path process = PROCESSES.resolve(Long.toString(handle.pid()));
    try {
      String environment =
          Files.readString(process.resolve("environ"), StandardCharsets.ISO_8859_1);
      String wanted = VARIABLE + "=" + session(process) + ":" + place();
      return List.of(environment.split("\0")).contains(wanted);
    } catch (IOException e) {
      return false; // it has ended, or is not ours
    }
  }

  private String place() {
    return state.toUri().getRawPath();
  }

  /** The sixth field of proc(5)'s stat; the name before it may hold anything but ends with ')'. */
  private static String session(Path process) {
    try {
      String stat = Files.readString(process.resolve("stat"), StandardCharsets.ISO_8859_1);
      return stat.substring(stat.lastIndexOf(')') + 2).split(" ")[3];
    } catch (IOException e) {
      return "none"; // it has ended
    }
  }

  private static void awaitExit(List<ProcessHandle> processes, Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    for (ProcessHandle process : processes) {
      try {
        long left = Math.max(0, deadline - System.nanoTime());
        ProcessHandle unused = process.onExit().get(left, TimeUnit.NANOSECONDS);
      } catch (TimeoutException | ExecutionException e) {
        LOG.debug("process {} takes its time", process.pid());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
