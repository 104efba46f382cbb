// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.shell.interactive;

import java.io.IOException;
import java.io.InputStream;
import org.jline.utils.NonBlockingInputStream;

/**
 * What one command of a shell reads. Its end ends a read that waits, so that no command takes what
 * the person types for the next.
 */
final class ShellInput extends InputStream {
  static final int END_OF_INPUT = 4; // Ctrl-D

  private static final long POLL_MILLIS = 20;

  private final InputStream terminal;
  private volatile boolean ended;
  private volatile boolean raw;

  ShellInput(InputStream terminal) {
    this.terminal = terminal;
  }

  void raw(boolean now) {
    raw = now;
  }

  // JLine's peek takes the key away here, so a key is read only once it is wanted.
  @Override
  public int read() throws IOException {
    NonBlockingInputStream keys = (NonBlockingInputStream) terminal;
    while (true) {
      synchronized (this) {
        if (ended) {
          return -1;
        }
        int key = keys.read(POLL_MILLIS);
        if (key == NonBlockingInputStream.EOF || key == END_OF_INPUT && !raw) {
          ended = true;
        } else if (key >= 0) {
          return key;
        }
      }
    }
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    int first = read();
    if (first < 0) {
      return -1;
    }
    bytes[offset] = (byte) first;
    int count = 1;
    while (count < length && terminal.available() > 0) {
      int next = read();
      if (next < 0) {
        break;
      }
      bytes[offset + count++] = (byte) next;
    }
    return count;
  }

  /** Makes the read that waits, and every later one, return the end of input soon. */
  void end() {
    ended = true;
  }

  @Override
  public void close() {
    ended = true;
    synchronized (this) {
      // A read that is under way is over when this block is entered: the keys are the prompt's.
      notifyAll();
    }
  }
}
