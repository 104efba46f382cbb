// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.output;

import dev.banger.operation.ProgressEvent;
import dev.banger.shell.grammar.Sizes;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Progress in plain lines: one a stage, and one now and then while bytes are counted. */
public final class PlainProgress implements ProgressDisplay {
  private static final long BYTES_EVERY = TimeUnit.SECONDS.toNanos(5);

  private final Consumer<String> lines;
  private final LongSupplier nanos;
  private final Map<String, Stage> stages = new HashMap<>();
  private boolean closed;

  private record Stage(String message, long shownAt) {}

  public PlainProgress(Consumer<String> lines, LongSupplier nanos) {
    this.lines = lines;
    this.nanos = nanos;
  }

  @Override
  public synchronized void report(ProgressEvent event) {
    if (closed) {
      return;
    }
    long now = nanos.getAsLong();
    Stage known = stages.get(event.stage());
    boolean news = known == null || !known.message.equals(event.message());
    if (!news && !(event.countsBytes() && now - known.shownAt >= BYTES_EVERY)) {
      return;
    }
    stages.put(event.stage(), new Stage(event.message(), now));
    try {
      lines.accept(Plain.oneLine(event.message()) + (news ? size(event) : done(event)));
    } catch (RuntimeException e) {
      closed = true;
    }
  }

  private static String size(ProgressEvent event) {
    return event.countsBytes() && event.total() > 0 ? " (" + Sizes.format(event.total()) + ")" : "";
  }

  private static String done(ProgressEvent event) {
    String done = ": " + Sizes.format(event.done());
    return event.total() <= 0
        ? done
        : done
            + " of "
            + Sizes.format(event.total())
            + " ("
            + TerminalProgress.percent(event)
            + "%)";
  }

  @Override
  public synchronized void close() {
    closed = true;
  }
}
