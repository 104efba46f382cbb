// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.output;

import dev.banger.operation.ProgressEvent;
import dev.banger.shell.grammar.Sizes;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Progress on a terminal: the current stage on one live line. A stage that took a second or more
 * stays as a line of its own when the next one begins; the others leave nothing behind.
 */
public final class TerminalProgress implements ProgressDisplay {
  private static final long REPAINT_EVERY = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long WORTH_A_LINE = TimeUnit.SECONDS.toNanos(1);
  private static final String CLEAR_LINE = "\r\u001b[K";

  private final Consumer<String> terminal;
  private final int columns;
  private final boolean colours;
  private final LongSupplier nanos;
  private final Map<String, Long> begun = new HashMap<>();
  private ProgressEvent current;
  private long paintedAt;
  private boolean closed;

  public TerminalProgress(
      Consumer<String> terminal, int columns, boolean colours, LongSupplier nanos) {
    this.terminal = terminal;
    this.columns = Math.max(20, columns);
    this.colours = colours;
    this.nanos = nanos;
  }

  @Override
  public synchronized void report(ProgressEvent event) {
    if (closed) {
      return;
    }
    long now = nanos.getAsLong();
    boolean firstOfStage = begun.putIfAbsent(event.stage(), now) == null;
    StringBuilder painting = new StringBuilder();
    if (firstOfStage) {
      painting.append(finished(now));
    }
    boolean news = firstOfStage || current == null || !current.message().equals(event.message());
    current = event;
    if (news || now - paintedAt >= REPAINT_EVERY) {
      paintedAt = now;
      paint(painting.append(CLEAR_LINE).append(dim(fit(text(event, now)))).toString());
    }
  }

  private String finished(long now) {
    if (current == null || now - begun.get(current.stage()) < WORTH_A_LINE) {
      return "";
    }
    double seconds = (now - begun.get(current.stage())) / 1e9;
    String bytes = current.countsBytes() ? "  " + Sizes.format(current.done()) : "";
    String line =
        String.format(Locale.ROOT, "%s%s  %.1f s", shown(current.message()), bytes, seconds);
    return CLEAR_LINE + fit(line) + "\n";
  }

  private String text(ProgressEvent event, long now) {
    StringBuilder text = new StringBuilder(shown(event.message()));
    if (!event.countsBytes()) {
      return text.append(" …").toString();
    }
    text.append("  ").append(Sizes.format(event.done()));
    if (event.total() > 0) {
      text.append(" / ").append(Sizes.format(event.total()));
      text.append("  ").append(percent(event)).append('%');
    }
    double seconds = (now - begun.get(event.stage())) / 1e9;
    if (seconds >= 0.5) {
      text.append("  ").append(Sizes.format((long) (event.done() / seconds))).append("/s");
    }
    return text.toString();
  }

  static long percent(ProgressEvent event) {
    return Math.min(100, (long) (100.0 * event.done() / event.total()));
  }

  private static String shown(String message) {
    return Plain.oneLine(message);
  }

  // One column stays free: a full line would wrap, and the live line could not be taken back.
  private String fit(String line) {
    return line.length() < columns ? line : line.substring(0, columns - 2) + "…";
  }

  private String dim(String line) {
    return colours ? "\u001b[2m" + line + "\u001b[0m" : line;
  }

  private void paint(String text) {
    try {
      terminal.accept(text);
    } catch (RuntimeException e) {
      closed = true;
    }
  }

  /** Takes the live line back, so that the next output begins on an empty line. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    if (current != null) {
      paint(finished(nanos.getAsLong()) + CLEAR_LINE);
    }
    closed = true;
  }
}
