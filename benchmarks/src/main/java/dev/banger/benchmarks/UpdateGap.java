// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import dev.banger.benchmarks.SocketCalls.Call;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** How long callers wait while parts of banger are replaced. */
final class UpdateGap {
  private static final int CALLS_PER_SECOND = 100;
  private static final int ROUNDS = 5;
  private static final String NONE = "none";
  private static final Duration WARM_UP = Duration.ofSeconds(5);
  private static final Duration QUIET = Duration.ofSeconds(5);

  /** Between two updates, so that no call waits for both. */
  private static final Duration PAUSE = Duration.ofMillis(500);

  private static final List<String> CALLS =
      List.of(
          "{\"version\":1,\"method\":\"vm.list\"}",
          "{\"version\":1,\"method\":\"vm.show\",\"params\":{\"reference\":\"web\"}}",
          "{\"version\":1,\"method\":\"image.list\"}",
          "{\"version\":1,\"method\":\"kernel.list\"}",
          "{\"version\":1,\"method\":\"command.run\",\"params\":{\"argv\":[\"vm\",\"list\"]}}",
          "{\"version\":1,\"method\":\"version\"}",
          "{\"version\":1,\"method\":\"vm.touch\",\"params\":{\"reference\":\"web\"}}",
          "{\"version\":1,\"method\":\"operations.list\"}",
          "{\"version\":1,\"method\":\"command.run\",\"params\":{\"argv\":[\"image\",\"list\"]}}",
          "{\"version\":1,\"method\":\"vm.size\",\"params\":{}}");

  private final Home home;

  /**
   * @param home in which the machine {@code web} runs
   */
  UpdateGap(Home home) {
    this.home = home;
  }

  void run() throws IOException, InterruptedException {
    List<String> bundles = home.updatableBundles();
    List<Update> updates = new ArrayList<>();
    SocketCalls calls = new SocketCalls(home.socket(), CALLS_PER_SECOND, CALLS);
    try (calls) {
      Thread.sleep(WARM_UP.toMillis());
      updates.add(quiet());
      for (int round = 0; round < ROUNDS; round++) {
        for (String bundle : bundles) {
          updates.add(update(bundle));
          Thread.sleep(PAUSE.toMillis());
        }
      }
    }
    report(bundles, updates, calls);
  }

  /** By {@link System#nanoTime}. */
  private record Update(String bundle, long begin, long end) {
    boolean meets(Call call) {
      return call.due() >= begin && call.due() < end;
    }
  }

  /** As long without an update. */
  private static Update quiet() throws InterruptedException {
    long begin = System.nanoTime();
    Thread.sleep(QUIET.toMillis());
    return new Update(NONE, begin, System.nanoTime());
  }

  private Update update(String bundle) throws IOException, InterruptedException {
    long begin = System.nanoTime();
    home.banger("plugin", "update", bundle);
    home.banger("plugin", "wait", bundle);
    return new Update(bundle, begin, System.nanoTime());
  }

  private static void report(List<String> bundles, List<Update> updates, SocketCalls calls) {
    Report.remark(
        "the longest that one of %d calls/s over the socket waits while a bundle is updated (ms)"
            .formatted(CALLS_PER_SECOND));
    Report.row("bundle", "median of " + ROUNDS, "longest");
    for (String bundle : bundles) {
      List<Double> longest =
          of(updates, bundle).map(update -> longest(update, calls.calls())).toList();
      Report.row(
          bundle.replace("dev.banger.", ""),
          "%.1f".formatted(Report.median(longest)),
          "%.1f".formatted(Report.percentile(longest, 1)));
    }
    report("without an update", calls, of(updates, NONE).toList());
    report("during an update", calls, bundles.stream().flatMap(each -> of(updates, each)).toList());
    Report.number("calls that failed, of " + calls.calls().size(), calls.failures().size());
    calls.failures().stream().limit(3).forEach(Report::remark);
  }

  private static Stream<Update> of(List<Update> updates, String bundle) {
    return updates.stream().filter(update -> update.bundle().equals(bundle));
  }

  private static void report(String when, SocketCalls calls, List<Update> updates) {
    List<Double> waited =
        calls.calls().stream()
            .filter(call -> updates.stream().anyMatch(update -> update.meets(call)))
            .map(UpdateGap::millis)
            .toList();
    Report.number("%d calls %s (ms), median".formatted(waited.size(), when), Report.median(waited));
    Report.number("  99th percentile", Report.percentile(waited, 0.99));
    Report.number("  longest", Report.percentile(waited, 1));
  }

  private static double longest(Update update, List<Call> calls) {
    return calls.stream()
        .filter(update::meets)
        .mapToDouble(UpdateGap::millis)
        .max()
        .orElseThrow(() -> new IllegalStateException("no call during " + update));
  }

  private static double millis(Call call) {
    return call.waited() / 1e6;
  }
}
