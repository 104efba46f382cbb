// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.host;

import dev.banger.host.Daemon;
import dev.banger.host.DaemonStatus;
import dev.banger.shell.grammar.CommandGroup;
import dev.banger.shell.output.Details;
import dev.banger.shell.output.Output;
import dev.banger.store.StoreRepair;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "daemon",
    description = {
      "Start, look at, stop and repair bangerd, the daemon behind every command.",
      "Commands start it by themselves; stopping it leaves VMs running."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  banger daemon status --json | jq .pid",
      "  banger daemon stop",
      "  banger daemon repair"
    })
final class DaemonCommandGroup extends CommandGroup {
  DaemonCommandGroup(Daemon daemon, StoreRepair store, Output output) {
    add("start", () -> new Start(daemon, output));
    add("status", () -> new Status(daemon, output));
    add("stop", () -> new Stop(daemon, output));
    add("repair", () -> new RepairCommand(store, output));
  }

  @Command(name = "start", description = "Start the daemon, unless it runs. Prints its process id.")
  record Start(Daemon daemon, Output output) implements Callable<Integer> {
    // The client has started the daemon before it can hand over this command.
    @Override
    public Integer call() {
      output.line("bangerd runs with process id " + daemon.status().pid());
      return 0;
    }
  }

  /** A status as JSON; the client itself says {@code {"running":false}} without a daemon. */
  record RunningDaemon(
      boolean running,
      long pid,
      String version,
      Instant startedAt,
      Path socket,
      Path configuration,
      Path state,
      Path cache,
      Path run,
      Path log) {
    static RunningDaemon of(DaemonStatus status) {
      return new RunningDaemon(
          true,
          status.pid(),
          status.version(),
          status.startedAt(),
          status.socket(),
          status.configuration(),
          status.state(),
          status.cache(),
          status.run(),
          status.log());
    }
  }

  @Command(
      name = "status",
      sortOptions = false,
      description = "Show the daemon's process, version, socket, directories and log.")
  static final class Status implements Callable<Integer> {
    private final Daemon daemon;
    private final Output output;

    @Option(names = "--json", description = "Print the status as JSON.")
    private boolean json;

    Status(Daemon daemon, Output output) {
      this.daemon = daemon;
      this.output = output;
    }

    @Override
    public Integer call() {
      DaemonStatus status = daemon.status();
      if (json) {
        output.json(RunningDaemon.of(status));
        return 0;
      }
      output.print(
          new Details()
              .add("pid", status.pid())
              .add("version", status.version())
              .add("started", status.startedAt())
              .add("socket", status.socket())
              .add("configuration", status.configuration())
              .add("state", status.state())
              .add("cache", status.cache())
              .add("run", status.run())
              .add("log", status.log())
              .text());
      return 0;
    }
  }

  @Command(name = "stop", description = "Stop the daemon. VMs keep running.")
  record Stop(Daemon daemon, Output output) implements Callable<Integer> {
    @Override
    public Integer call() {
      long pid = daemon.status().pid();
      daemon.stop();
      output.line("bangerd (process id " + pid + ") stops; VMs keep running");
      return 0;
    }
  }
}
