// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.testkit.hypervisor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What proc(5) tells of a process. */
record LinuxProcess(long pid) {
  static LinuxProcess ofThisJvm() {
    return new LinuxProcess(ProcessHandle.current().pid());
  }

  /** The processes that have a text in their command line. */
  static List<Long> mentioning(String text) {
    List<Long> found = new ArrayList<>();
    ProcessHandle.allProcesses()
        .map(ProcessHandle::pid)
        .filter(pid -> new LinuxProcess(pid).commandLine().contains(text))
        .forEach(found::add);
    return found;
  }

  static String bootId() throws IOException {
    return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
  }

  long group() throws IOException {
    return field(5);
  }

  long session() throws IOException {
    return field(6);
  }

  /** The device of its terminal; 0 for none. */
  long terminal() throws IOException {
    return field(7);
  }

  long startTime() throws IOException {
    return field(22);
  }

  /** What its standard input, output and errors are, but for those that are /dev/null. */
  List<String> standardStreams() throws IOException {
    List<String> streams = new ArrayList<>();
    for (int descriptor = 0; descriptor <= 2; descriptor++) {
      String stream =
          Files.readSymbolicLink(directory().resolve("fd").resolve(Integer.toString(descriptor)))
              .toString();
      if (!stream.equals("/dev/null")) {
        streams.add(stream);
      }
    }
    return streams;
  }

  private String commandLine() {
    try {
      return new String(Files.readAllBytes(directory().resolve("cmdline")), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return ""; // it has ended meanwhile
    }
  }

  private long field(int number) throws IOException {
    String stat = Files.readString(directory().resolve("stat"), StandardCharsets.ISO_8859_1);
    String[] behindName = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return Long.parseLong(behindName[number - 3]);
  }

  private Path directory() {
    return Path.of("/proc", Long.toString(pid));
  }
}
