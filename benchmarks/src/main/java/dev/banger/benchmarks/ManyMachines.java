// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What it costs to have many machines, most of which are records without anything behind them. */
final class ManyMachines {
  private static final int LISTED = 10_000;
  private static final int LISTS = 20;
  private static final int RUNNING = 200;
  private static final int STARTS = 3;
  private static final int PRESENT = 1_000;
  private static final int CREATIONS = 200;

  private static final double KIB_PER_MIB = 1024;
  private static final String IMAGE = "small";
  private static final Pattern ADOPTED = Pattern.compile("\"kind\"\\s*:\\s*\"adopted\"");
  private static final Pattern AT = Pattern.compile("\"at\"\\s*:\\s*\"([^\"]+)\"");
  private static final Pattern RESERVED = Pattern.compile("\"reserve_ms\"\\s*:\\s*\"(\\d+)\"");
  private static final Pattern WINDOW = Pattern.compile("\"window_us\"\\s*:\\s*\"(\\d+)\"");

  private final Home home;
  private final Path scratch;
  private final StoppedDatabase database;

  ManyMachines(Home home, Path scratch) {
    this.home = home;
    this.scratch = scratch;
    this.database = new StoppedDatabase(home.directory());
  }

  void run() throws Exception {
    makeTemplate();
    lists();
    adoptions();
    creations();
  }

  /** Leaves the daemon stopped, as all that follows does. */
  private void makeTemplate() throws IOException, InterruptedException {
    Path rootfs = scratch.resolve("small.ext4");
    HostTool.require("mke2fs").run("-q", "-F", "-t", "ext4", rootfs.toString(), "16M");
    home.banger("image", "register", "--name", IMAGE, "--rootfs", rootfs.toString());
    create(StoppedDatabase.TEMPLATE);
    home.banger("daemon", "stop");
  }

  private double create(String name) throws IOException, InterruptedException {
    return home.banger("vm", "create", "--no-start", "--image", IMAGE, "--name", name);
  }

  private void lists() throws IOException, InterruptedException, SQLException {
    double without = listed(1);
    database.copy(LISTED - 1);
    double with = listed(LISTED);
    database.removeCopies();
    Report.number(
        "memory of the daemon for each of %d machines, stopped and listed (KiB)".formatted(LISTED),
        (with - without) * KIB_PER_MIB / (LISTED - 1));
  }

  /** Returns the daemon's memory after that in MiB. */
  private double listed(int machines) throws IOException, InterruptedException {
    home.banger("vm", "list");
    Report.number("'banger vm list' of %d (ms)".formatted(machines), median("vm", "list"));
    Report.number(
        "'banger vm list --json' of %d (ms)".formatted(machines), median("vm", "list", "--json"));
    double memory = home.daemonMemory().settledMib();
    home.banger("daemon", "stop");
    return memory;
  }

  private double median(String... command) throws IOException, InterruptedException {
    List<Double> millis = new ArrayList<>();
    for (int i = 0; i < LISTS; i++) {
      millis.add(home.banger(command));
    }
    return Report.median(millis);
  }

  private void adoptions() throws IOException, InterruptedException, SQLException {
    List<Double> without = new ArrayList<>();
    List<Double> answered = new ArrayList<>();
    for (int i = 0; i < STARTS; i++) {
      answered.add(home.daemonStart() + home.banger("vm", "list"));
      without.add(memoryBeforeStop());
    }
    Report.number(
        "daemon start to its first 'vm list' of 1 answered (ms)", Report.median(answered));
    database.copy(RUNNING);
    try (StandInMachines machines = StandInMachines.start(home.directory(), database, RUNNING)) {
      double with = adoptedMib();
      Report.number(
          "memory of the daemon for each of %d machines that run (KiB)".formatted(RUNNING),
          (with - Report.median(without)) * KIB_PER_MIB / RUNNING);
    }
    database.removeCopies();
  }

  /** Returns the daemon's memory with adopted machines in MiB. */
  private double adoptedMib() throws IOException, InterruptedException, SQLException {
    List<Double> starts = new ArrayList<>();
    List<Double> spans = new ArrayList<>();
    List<Double> memory = new ArrayList<>();
    for (int i = 0; i < STARTS; i++) {
      String last = Long.toString(database.lastEvent());
      long begin = System.nanoTime();
      home.daemonStart();
      List<String> events =
          home.follow(RUNNING, ADOPTED, "events", "--follow", "--json", "--after", last);
      starts.add((System.nanoTime() - begin) / 1e6);
      spans.add(
          (double) Duration.between(at(events.get(0)), at(events.get(RUNNING - 1))).toMillis());
      home.banger("vm", "list");
      memory.add(memoryBeforeStop());
    }
    Report.number(
        "daemon start to all of %d running machines adopted (ms)".formatted(RUNNING),
        Report.median(starts));
    Report.number("  from the first one's adoption to the last one's (ms)", Report.median(spans));
    return Report.median(memory);
  }

  private double memoryBeforeStop() throws IOException, InterruptedException {
    double memory = home.daemonMemory().settledMib();
    home.banger("daemon", "stop");
    return memory;
  }

  private static Instant at(String event) {
    Matcher at = AT.matcher(event);
    if (!at.find()) {
      throw new IllegalStateException("an event without its time: " + event);
    }
    return Instant.parse(at.group(1));
  }

  private void creations() throws IOException, InterruptedException, SQLException {
    database.copy(PRESENT - 1);
    create("first-of-its-daemon");
    List<Double> millis = new ArrayList<>();
    for (int i = 0; i < CREATIONS; i++) {
      millis.add(create("created-" + i));
    }
    String what = "'banger vm create --no-start' beside %d (ms)".formatted(PRESENT);
    reportBoth(what, millis);
    reportBoth("  of it reserving name, port, record, directory, host key (ms)", told(RESERVED, 1));
    List<Double> windows = told(WINDOW, 1000);
    reportBoth("  of it the exclusive transaction (ms)", windows);
    Report.number(
        "  of it the exclusive transaction (ms), 99th percentile",
        Report.percentile(windows, 0.99));
    home.banger("daemon", "stop");
    database.removeCopies();
  }

  /** As the daemon told them of the latest creations. */
  private List<Double> told(Pattern figure, double divisor)
      throws IOException, InterruptedException {
    return figure
        .matcher(home.output("events", "--json", "--lines", Integer.toString(CREATIONS)))
        .results()
        .map(found -> Double.parseDouble(found.group(1)) / divisor)
        .toList();
  }

  private static void reportBoth(String what, List<Double> values) {
    Report.number(what + ", median of " + values.size(), Report.median(values));
    Report.number(what + ", longest", values.stream().mapToDouble(d -> d).max().orElseThrow());
  }
}
