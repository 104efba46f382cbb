// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.output;

import dev.banger.guest.TerminalSize;
import java.util.Iterator;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A terminal on which each text takes the place of the one before; the last one stays. */
public final class Screen {
  private static final String CLEAR = "\u001b[H\u001b[2J";
  private static final String HOME = "\u001b[H";
  private static final String END_OF_LINE = "\u001b[K\n";
  private static final String CLEAR_BELOW = "\u001b[J";
  private static final TerminalSize UNKNOWN = new TerminalSize(24, 80);

  private final Consumer<String> terminal;
  private final Supplier<Optional<TerminalSize>> size;
  private TerminalSize drawnOn;

  public Screen(Consumer<String> terminal, Supplier<Optional<TerminalSize>> size) {
    this.terminal = terminal;
    this.size = size;
  }

  /** Shows lines without control characters, as many and as much of each as there is room for. */
  public void draw(String text) {
    TerminalSize now = size.get().orElse(UNKNOWN);
    StringBuilder painting = new StringBuilder(now.equals(drawnOn) ? HOME : CLEAR);
    Iterator<String> lines = text.lines().iterator();
    // One row and one column stay free: a full one would scroll or wrap.
    for (int row = 1; row < now.rows() && lines.hasNext(); row++) {
      String line = lines.next();
      painting.append(line, 0, Math.min(line.length(), Math.max(0, now.columns() - 1)));
      painting.append(END_OF_LINE);
    }
    terminal.accept(painting.append(CLEAR_BELOW).toString());
    drawnOn = now;
  }
}
