// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;

/** The host's processes, as proc(5) shows them. */
final class ProcessTable {
  /** Fields of /proc/PID/stat behind the command's name, which is the second. */
  private static final int STATE = 3 - 3;

  private static final int START_TIME = 22 - 3;

  private final Path proc;
  private volatile String bootId;

  /**
   * @param proc where the proc file system is mounted
   */
  ProcessTable(Path proc) {
    this.proc = proc;
  }

  /** The id of this boot of the host, which this process does not outlive. */
  String bootId() {
    String known = bootId;
    if (known == null) {
      known = readBootId();
      bootId = known;
    }
    return known;
  }

  private String readBootId() {
    try {
      return Files.readString(proc.resolve("sys/kernel/random/boot_id")).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * When a living process was started, in clock ticks since boot; empty when there is none or it
   * has ended and only waits to be reaped.
   */
  OptionalLong startTime(long pid) {
    List<String> fields = status(pid);
    if (fields.size() <= START_TIME
        || fields.get(STATE).equals("Z")
        || fields.get(STATE).equals("X")) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(Long.parseLong(fields.get(START_TIME)));
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  /** The fields of /proc/PID/stat behind the command's name; empty when there is no process. */
  List<String> status(long pid) {
    // The name is in parentheses and may hold any character, these included.
    String stat = text(pid, "stat");
    int end = stat.lastIndexOf(')');
    return end < 0 ? List.of() : List.of(stat.substring(end + 1).strip().split(" ", -1));
  }

  /** A file of a process; empty when there is no such process or it may not be read. */
  String text(long pid, String file) {
    return new String(read(pid, file), StandardCharsets.ISO_8859_1);
  }

  /** The process of an id, while it lives. */
  Optional<ProcessIdentity> identify(long pid) {
    OptionalLong start = startTime(pid);
    return start.isPresent()
        ? Optional.of(new ProcessIdentity(pid, start.getAsLong(), bootId()))
        : Optional.empty();
  }

  /** Whether that very process lives. */
  boolean alive(ProcessIdentity process) {
    OptionalLong start = startTime(process.pid());
    return start.isPresent()
        && start.getAsLong() == process.startTime()
        && process.bootId().equals(bootId());
  }

  /** The command line of a process; empty when it has none or is gone. */
  List<String> arguments(long pid) {
    byte[] bytes = read(pid, "cmdline");
    if (bytes.length == 0) {
      return List.of();
    }
    return List.of(new String(bytes, argumentCharset()).split("\0", -1));
  }

  /** The living processes of this process's user whose command line fits. */
  List<ProcessIdentity> find(Predicate<List<String>> commandLine) {
    Object owner = owner(proc.resolve("self"));
    List<ProcessIdentity> found = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(proc, "[1-9]*")) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        if (!name.chars().allMatch(c -> c >= '0' && c <= '9')
            || owner == null
            || !owner.equals(owner(entry))) {
          continue;
        }
        long pid = Long.parseLong(name);
        if (commandLine.test(arguments(pid))) {
          identify(pid).ifPresent(found::add);
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      throw new UncheckedIOException(
          "the processes of this host cannot be listed",
          e instanceof DirectoryIteratorException d ? d.getCause() : (IOException) e);
    }
    return found;
  }

  /** The encoding in which the JVM gives arguments to the programs that it starts. */
  private static Charset argumentCharset() {
    return Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));
  }

  private static Object owner(Path directory) {
    try {
      return Files.getAttribute(directory, "unix:uid");
    } catch (IOException e) {
      // The process has ended meanwhile.
      return null;
    }
  }

  private byte[] read(long pid, String file) {
    try {
      return Files.readAllBytes(proc.resolve(Long.toString(pid)).resolve(file));
    } catch (IOException e) {
      // No such process, it ended while it was read, or it is another user's.
      return new byte[0];
    }
  }
}
