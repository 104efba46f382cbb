// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How soon a plugin that is dropped in works in a guest that runs, and how soon it is gone. */
final class DropIn {
  private static final int TIMES = 5;
  private static final Pattern READY = Pattern.compile("^looking$");
  private static final Pattern SEEN = Pattern.compile("^seen$");
  private static final Pattern APPLIED = Pattern.compile("\"capability_applied\"");
  private static final Pattern REMOVED = Pattern.compile("\"capability_removed\"");
  private static final Pattern NUMBER = Pattern.compile("\"number\"\\s*:\\s*(\\d+)");

  /** A loop in the guest that looks fifty times a second whether its greeting is there. */
  private static final String LOOK =
      "echo looking; while %s [ -e /etc/motd ]; do sleep 0.02; done; echo seen";

  private final Home home;
  private final Path jar;
  private final Path place;

  /**
   * @param home in which the machine {@code web} runs
   * @param jar of the greeting
   */
  DropIn(Home home, Path jar) {
    this.home = home;
    this.jar = jar;
    this.place = home.bundles().resolve("greeting.jar");
  }

  void run() throws IOException, InterruptedException {
    List<Times> arrivals = new ArrayList<>();
    List<Times> departures = new ArrayList<>();
    for (int i = 0; i < TIMES; i++) {
      Path fresh = Files.copy(jar, place.resolveSibling("greeting.jar.new"));
      arrivals.add(
          measure("!", APPLIED, () -> Files.move(fresh, place, StandardCopyOption.ATOMIC_MOVE)));
      departures.add(measure("", REMOVED, () -> Files.delete(place)));
    }
    report("a jar is dropped in until its effect is seen in a running guest", arrivals);
    report("a jar is removed until its effect is gone from a running guest", departures);
  }

  /** In milliseconds. */
  private record Times(double guest, double event) {}

  /** Something that is done with a file. */
  private interface Act {
    void run() throws IOException;
  }

  private Times measure(String not, Pattern kind, Act act)
      throws IOException, InterruptedException {
    try (FollowedCommand guest =
            home.follow("vm", "exec", "web", "--", "sh", "-c", LOOK.formatted(not));
        FollowedCommand events =
            home.follow("events", "--follow", "--json", "--after", lastEvent())) {
      guest.await(READY);
      long begin = System.nanoTime();
      act.run();
      return new Times((guest.await(SEEN) - begin) / 1e6, (events.await(kind) - begin) / 1e6);
    }
  }

  private String lastEvent() throws IOException, InterruptedException {
    Matcher number = NUMBER.matcher(home.output("events", "--json", "--lines", "1"));
    if (!number.find()) {
      throw new IllegalStateException("no event is there");
    }
    return number.group(1);
  }

  private static void report(String what, List<Times> times) {
    Report.number(what + " (ms)", Report.median(times.stream().map(Times::guest).toList()));
    Report.number(
        "  until its event (ms)", Report.median(times.stream().map(Times::event).toList()));
  }
}
