// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** A command that runs, and the moments at which it printed its lines. */
final class FollowedCommand implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  private final Process process;
  private final Thread reader = new Thread(this::read, "follow");
  private final BlockingQueue<Line> lines = new LinkedBlockingQueue<>();

  private record Line(String text, long at) {}

  FollowedCommand(Process process) {
    this.process = process;
    reader.setDaemon(true);
    reader.start();
  }

  private void read() {
    try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
      output.lines().forEach(text -> lines.add(new Line(text, System.nanoTime())));
    } catch (IOException | UncheckedIOException e) {
      // It was ended; whoever waits for a line runs out of time.
    }
  }

  /**
   * Waits for a line, at most a minute.
   *
   * @return when it came, by {@link System#nanoTime}
   */
  long await(Pattern wanted) throws InterruptedException {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (true) {
      Line line = lines.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (line == null) {
        throw new IllegalStateException("no line like '" + wanted + "' came");
      }
      if (wanted.matcher(line.text()).find()) {
        return line.at();
      }
    }
  }

  @Override
  public void close() {
    process.destroy();
  }
}
