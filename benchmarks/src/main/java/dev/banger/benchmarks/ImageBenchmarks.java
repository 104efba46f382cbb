// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * How long an image of a registry on this host takes to become a file system, against the tools
 * that do that today, and what it takes of the daemon's memory.
 */
final class ImageBenchmarks {
  private static final int RUNS = 3;
  private static final int WAITERS = 10;
  private static final String[] PRUNE = {"image", "cache", "prune"};

  /** The registry holds about half as much. */
  private static final long CONTENT = 512L << 20;

  private static final List<String> TOOLS =
      List.of("docker-registry", "skopeo", "umoci", "mkfs.ext4", "tar");

  private final Home home;
  private final Path scratch;

  ImageBenchmarks(Home home, Path scratch) {
    this.home = home;
    this.scratch = scratch;
  }

  void run() throws Exception {
    List<String> missing = TOOLS.stream().filter(tool -> HostTool.find(tool).isEmpty()).toList();
    if (!missing.isEmpty()) {
      Report.remark("left out, not installed: " + String.join(", ", missing));
      return;
    }
    try (LoopbackRegistry registry = new LoopbackRegistry(scratch.resolve("registry"))) {
      String image = pushed(registry, "image", 1, CONTENT);
      String other = pushed(registry, "other", 2, CONTENT);
      String twice = pushed(registry, "twice", 3, 2 * CONTENT);
      memory(image, CONTENT);
      memory(twice, 2 * CONTENT);
      ImageByHand byHand = new ImageByHand(scratch.resolve("by-hand"));
      coldCache(image, byHand);
      warmCache(image, byHand);
      twoAtOnce(image, other);
      tenWaiters(image, registry);
    }
  }

  private String pushed(LoopbackRegistry registry, String name, long seed, long bytes)
      throws IOException, InterruptedException {
    String reference = registry.reference(name);
    SourceImage.push(seed, bytes, scratch.resolve("source"), reference);
    return reference;
  }

  /** In a daemon that has done nothing else: what it keeps for later counts, too. */
  private void memory(String image, long bytes) throws IOException, InterruptedException {
    home.banger("vm", "list");
    home.banger("daemon", "stop");
    home.banger("vm", "list");
    DaemonMemory memory = home.daemonMemory();
    settle();
    double idle = memory.residentMib();
    memory.forgetPeak();
    double millis = pullCold(image);
    Report.number(
        "peak memory of the daemon above idle, %d MiB of files (MiB)".formatted(bytes >> 20),
        memory.peakMib() - idle);
    Report.number("  the same pull, the first one of its daemon (ms)", millis);
    forget(image);
  }

  /** Taken in turns, so that whatever else the host does meets both alike. */
  private void coldCache(String image, ImageByHand byHand) throws Exception {
    List<Double> ours = new ArrayList<>();
    List<Double> theirs = new ArrayList<>();
    for (int i = 0; i < RUNS; i++) {
      settle();
      theirs.add(byHand.fetchMillis(image) + byHand.makeMillis());
      byHand.clear();
      settle();
      ours.add(pullCold(image));
      forget(image);
    }
    compare(
        "'banger image pull', cold cache (ms)",
        ours,
        "skopeo copy + " + byHand.unpacking(),
        theirs);
  }

  private void warmCache(String image, ImageByHand byHand) throws Exception {
    List<Double> ours = new ArrayList<>();
    List<Double> theirs = new ArrayList<>();
    byHand.fetchMillis(image);
    pullCold(image);
    for (int i = 0; i < RUNS; i++) {
      settle();
      theirs.add(byHand.makeMillis());
      byHand.clear();
      forget(image);
      settle();
      ours.add(home.banger("image", "pull", image));
    }
    forget(image);
    compare("'banger image pull', layers cached (ms)", ours, byHand.unpacking(), theirs);
  }

  private static void compare(String what, List<Double> ours, String instead, List<Double> theirs) {
    Report.number(what, Report.median(ours));
    Report.number(instead + " (ms)", Report.median(theirs));
    Report.number("  ratio", Report.median(ours) / Report.median(theirs));
  }

  private void twoAtOnce(String image, String other) throws Exception {
    List<Double> one = new ArrayList<>();
    List<Double> another = new ArrayList<>();
    List<Double> both = new ArrayList<>();
    for (int i = 0; i < RUNS; i++) {
      settle();
      one.add(pullCold(image));
      forget(image);
      settle();
      another.add(pullCold(other));
      forget(other);
      home.banger(PRUNE);
      settle();
      both.add(home.atOnce(List.of(pull(image), pull(other))));
      forget(image);
      forget(other);
    }
    double slower = Math.max(Report.median(one), Report.median(another));
    Report.number("the slower of two images, pulled alone, cold cache (ms)", slower);
    Report.number("both pulled at once, cold cache (ms)", Report.median(both));
    Report.number("  ratio", Report.median(both) / slower);
  }

  private void tenWaiters(String image, LoopbackRegistry registry) throws Exception {
    settle();
    long before = registry.blobsSent();
    Report.number("one pull, cold cache (ms)", pullCold(image));
    long ofOne = registry.blobsSent() - before;
    forget(image);
    home.banger(PRUNE);
    settle();
    before = registry.blobsSent();
    double ten = home.atOnce(Collections.nCopies(WAITERS, pull(image)));
    Report.number("ten pulls of one name at once, cold cache (ms)", ten);
    Report.number("blobs that the registry sent for one pull", ofOne);
    Report.number("blobs that the registry sent for ten", registry.blobsSent() - before);
    forget(image);
  }

  private static List<String> pull(String image) {
    return List.of("image", "pull", image);
  }

  private double pullCold(String image) throws IOException, InterruptedException {
    home.banger(PRUNE);
    return home.banger("image", "pull", image);
  }

  private void forget(String image) throws IOException, InterruptedException {
    home.banger("image", "delete", image.substring(image.lastIndexOf('/') + 1).replace(':', '-'));
  }

  /** What was written before shall not be charged to what is measured next. */
  private static void settle() throws IOException, InterruptedException {
    HostTool.require("sync").run();
  }
}
