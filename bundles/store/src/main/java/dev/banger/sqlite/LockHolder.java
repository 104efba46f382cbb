// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.sqlite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Another process that has locked a database, as the kernel tells in /proc/locks (proc_locks(5)).
 *
 * @param pid its process id
 * @param name its program
 */
record LockHolder(long pid, String name) {
  private static final Pattern LOCK =
      Pattern.compile("\\d+: +POSIX +\\S+ +(READ|WRITE) +(\\d+) +\\S+:(\\d+) .*");

  private record Lock(boolean exclusive, long pid, long inode) {}

  /** Who holds it, those who write first; empty when that cannot be told. */
  static Optional<LockHolder> of(Path database) {
    try {
      List<Long> inodes = inodes(database);
      long self = ProcessHandle.current().pid();
      try (Stream<String> lines = Files.lines(Path.of("/proc/locks"))) {
        return lines
            .map(LOCK::matcher)
            .filter(Matcher::matches)
            .map(LockHolder::lock)
            .filter(lock -> inodes.contains(lock.inode) && lock.pid != self && lock.pid > 0)
            .sorted(Comparator.comparing(lock -> !lock.exclusive))
            .findFirst()
            .map(lock -> new LockHolder(lock.pid, program(lock.pid)));
      }
    } catch (IOException | RuntimeException e) {
      return Optional.empty(); // only the message is the poorer
    }
  }

  private static Lock lock(Matcher line) {
    return new Lock(
        line.group(1).equals("WRITE"),
        Long.parseLong(line.group(2)),
        Long.parseLong(line.group(3)));
  }

  // SQLite locks the database, and beside a write-ahead log its index.
  private static List<Long> inodes(Path database) throws IOException {
    List<Long> inodes = new ArrayList<>();
    for (Path file : List.of(database, Path.of(database + "-shm"))) {
      if (Files.exists(file)) {
        inodes.add((Long) Files.getAttribute(file, "unix:ino"));
      }
    }
    return inodes;
  }

  private static String program(long pid) {
    try {
      return Files.readString(Path.of("/proc/" + pid + "/comm")).strip();
    } catch (IOException e) {
      return "process";
    }
  }
}
