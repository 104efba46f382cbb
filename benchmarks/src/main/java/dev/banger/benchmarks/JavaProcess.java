// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a JVM holds, as its own diagnostic commands tell it.
 *
 * @param pid of the JVM
 */
record JavaProcess(long pid) {
  private static final Path JCMD = Path.of(System.getProperty("java.home"), "bin", "jcmd");
  private static final Pattern METASPACE = Pattern.compile("Metaspace +used (\\d+)K");
  private static final Pattern HEAP =
      Pattern.compile("(?:def new generation|tenured generation) .*used (\\d+)K");
  private static final Pattern TOTAL = Pattern.compile("(?m)^Total = \\d+ +(\\d+)");
  private static final Pattern THREADS = Pattern.compile("Threads:\\s+(\\d+)");

  /** The class loaders of bundles, by the name of their class in Felix. */
  private static final Pattern LOADER = Pattern.compile("BundleWiringImpl\\$BundleClassLoader");

  /**
   * What is left behind a full collection.
   *
   * @param loaders class loaders of bundles
   * @param classes that are loaded
   * @param metaspaceKib in use
   * @param heapKib in use
   * @param threads of the process
   */
  record Holdings(long loaders, long classes, long metaspaceKib, long heapKib, long threads) {}

  /** Collects garbage, classes included, and counts what is left. */
  Holdings holdings() throws IOException, InterruptedException {
    command("GC.run");
    String memory = command("GC.heap_info");
    String loaders = command("VM.classloader_stats");
    return new Holdings(
        LOADER.matcher(loaders).results().count(),
        sum(TOTAL, loaders),
        sum(METASPACE, memory),
        sum(HEAP, memory),
        sum(THREADS, Files.readString(Path.of("/proc", Long.toString(pid), "status"))));
  }

  private static long sum(Pattern figure, String text) {
    List<Long> figures = new ArrayList<>();
    Matcher found = figure.matcher(text);
    while (found.find()) {
      figures.add(Long.parseLong(found.group(1)));
    }
    if (figures.isEmpty()) {
      throw new IllegalStateException("no '" + figure + "' in: " + text);
    }
    return figures.stream().mapToLong(each -> each).sum();
  }

  private String command(String name) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(JCMD.toString(), Long.toString(pid), name)
            .redirectErrorStream(true)
            .start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException("jcmd " + name + " failed: " + output);
    }
    return output;
  }
}
