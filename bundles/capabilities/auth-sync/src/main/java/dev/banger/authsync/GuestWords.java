// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.authsync;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** The beginning of what a command in a guest says, for a person. */
final class GuestWords extends OutputStream {
  private static final int MOST = 1024;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  @Override
  public synchronized void write(int value) {
    if (bytes.size() < MOST) {
      bytes.write(value);
    }
  }

  @Override
  public synchronized void write(byte[] buffer, int offset, int length) {
    bytes.write(buffer, offset, Math.min(length, MOST - bytes.size()));
  }

  /** Without what could drive the reader's terminal. */
  synchronized String text() {
    return bytes.toString(StandardCharsets.UTF_8).replaceAll("[\\p{Cntrl}\\p{Cf}]+", " ").strip();
  }
}
