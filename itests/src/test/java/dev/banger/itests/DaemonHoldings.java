// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a JVM holds behind a full collection, as its own diagnostic commands tell it.
 *
 * @param loaders class loaders of bundles
 * @param classes that are loaded
 * @param threads without those that serve whoever calls
 */
record DaemonHoldings(long loaders, long classes, long threads) {
  /** The class loaders of bundles, by the name of their class in Felix. */
  private static final Pattern LOADER = Pattern.compile("BundleWiringImpl\\$BundleClassLoader");

  private static final Pattern TOTAL = Pattern.compile("(?m)^Total = \\d+ +(\\d+)");

  /**
   * Java's threads but those that serve whoever calls and those that compile, which come and go.
   */
  private static final Pattern THREAD =
      Pattern.compile("(?m)^\"(?!rpc-|C[12] CompilerThread)[^\"]*\" #\\d+");

  /** Collects garbage, classes included, and counts what is left. */
  static DaemonHoldings of(ProcessHandle daemon) {
    command(daemon, "GC.run");
    String loaders = command(daemon, "VM.classloader_stats");
    return new DaemonHoldings(
        LOADER.matcher(loaders).results().count(),
        number(TOTAL, loaders),
        THREAD.matcher(command(daemon, "Thread.print")).results().count());
  }

  private static String command(ProcessHandle daemon, String name) {
    Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    Outcome outcome =
        Running.start(List.of(jcmd.toString(), Long.toString(daemon.pid()), name), Path.of("/tmp"))
            .await(Duration.ofMinutes(1));
    assertThat(outcome.status()).as("%s", outcome).isZero();
    return outcome.stdout();
  }

  private static long number(Pattern figure, String text) {
    Matcher found = figure.matcher(text);
    assertThat(found.find()).as("'%s' in: %s", figure, text).isTrue();
    return Long.parseLong(found.group(1));
  }
}
