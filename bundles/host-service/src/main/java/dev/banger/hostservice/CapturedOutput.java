// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.hostservice;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Reads a stream to its end in a thread of its own, and keeps its last bytes. */
final class CapturedOutput implements Runnable {
  private final InputStream in;
  private final byte[] kept;
  private final Consumer<String> lines;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private long total;

  /**
   * @param limit how many of the last bytes are kept
   * @param lines gets each line as it is complete, without its end
   */
  CapturedOutput(InputStream in, int limit, Consumer<String> lines) {
    this.in = in;
    this.kept = new byte[limit];
    this.lines = lines;
  }

  @Override
  public void run() {
    byte[] chunk = new byte[8192];
    try {
      for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
        keep(chunk, read);
        split(chunk, read);
      }
    } catch (IOException e) {
      // The stream was closed under us: its process was ended.
    }
    if (line.size() > 0) {
      endLine();
    }
  }

  private synchronized void keep(byte[] chunk, int length) {
    for (int i = 0; i < length; i++) {
      kept[(int) (total++ % kept.length)] = chunk[i];
    }
  }

  private void split(byte[] chunk, int length) {
    for (int i = 0; i < length; i++) {
      if (chunk[i] == '\n') {
        endLine();
      } else if (line.size() < kept.length) {
        line.write(chunk[i]);
      }
    }
  }

  private void endLine() {
    lines.accept(line.toString(StandardCharsets.UTF_8));
    line.reset();
  }

  /** What was kept so far. */
  synchronized String text() {
    if (total <= kept.length) {
      return new String(kept, 0, (int) total, StandardCharsets.UTF_8);
    }
    int start = (int) (total % kept.length);
    byte[] ordered = new byte[kept.length];
    System.arraycopy(kept, start, ordered, 0, kept.length - start);
    System.arraycopy(kept, 0, ordered, kept.length - start, start);
    return new String(ordered, StandardCharsets.UTF_8);
  }
}
