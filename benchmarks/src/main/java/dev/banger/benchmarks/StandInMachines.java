// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Machines that run as far as a daemon can tell that does not talk to their guests: in place of
 * each VMM there is a process that sleeps, named by the record and by the file of handles.
 */
final class StandInMachines implements AutoCloseable {
  /** Longer than all that is measured; those of a benchmark that was killed end by themselves. */
  private static final String SLEEP_SECONDS = "900";

  /**
   * Field 22 of /proc/PID/stat, proc(5), counted behind the command's name, which is the second.
   */
  private static final int START_TIME = 22 - 3;

  private final Path home;
  private final List<Process> processes = new ArrayList<>();

  private StandInMachines(Path home) {
    this.home = home;
  }

  /**
   * Gives each of the copies in a database a process.
   *
   * @param home the installation's directory
   * @param count how many copies there are
   */
  static StandInMachines start(Path home, StoppedDatabase database, int count)
      throws IOException, SQLException, InterruptedException {
    StandInMachines machines = new StandInMachines(home);
    boolean started = false;
    try {
      String bootId = Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
      for (int number = 1; number <= count; number++) {
        String id = StoppedDatabase.id(number);
        String handle = machines.start(id, bootId);
        Files.createDirectories(machines.directory(id));
        Files.writeString(machines.directory(id).resolve("handles.json"), handle);
        database.run(id, handle);
      }
      started = true;
      return machines;
    } finally {
      if (!started) {
        machines.close();
      }
    }
  }

  private String start(String id, String bootId) throws IOException {
    Process process = new ProcessBuilder(HostTool.require("sleep").argv(SLEEP_SECONDS)).start();
    processes.add(process);
    Path sockets = home.resolve("run/vm").resolve(id);
    return """
        {"hypervisor":"qemu","pid":%d,"process_start":%s,"boot_id":"%s","accelerator":"tcg",\
        "control_socket":"%s","agent_socket":"%s"}
        """
        .formatted(
            process.pid(),
            startTime(process.pid()),
            bootId,
            sockets.resolve("qmp.sock"),
            sockets.resolve("agent.sock"));
  }

  private static String startTime(long pid) throws IOException {
    String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
    return stat.substring(stat.lastIndexOf(')') + 2).split(" ")[START_TIME];
  }

  private Path directory(String id) {
    return home.resolve("state/vms").resolve(id);
  }

  /** Ends the processes and removes the machines' directories; records stay. */
  @Override
  public void close() throws IOException, InterruptedException {
    processes.forEach(Process::destroy);
    for (Process process : processes) {
      process.waitFor();
    }
    for (int number = 1; number <= processes.size(); number++) {
      TemporaryDirectory.remove(directory(StoppedDatabase.id(number)));
    }
  }
}
