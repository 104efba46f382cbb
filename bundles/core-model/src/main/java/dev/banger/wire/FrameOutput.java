// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.wire;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** Writes frames to a byte stream, each whole and with one write. Safe for use by many threads. */
public final class FrameOutput {
  private final OutputStream out;

  public FrameOutput(OutputStream out) {
    this.out = out;
  }

  /** Writes and flushes one frame. */
  public void write(int stream, int type, byte[] payload) throws IOException {
    write(stream, type, payload, 0, payload.length);
  }

  /** Writes and flushes one frame whose payload is a part of an array. */
  public void write(int stream, int type, byte[] bytes, int offset, int length) throws IOException {
    ByteBuffer frame = ByteBuffer.allocate(Frame.HEADER_BYTES + length);
    frame.putInt(length).putInt(stream).put((byte) type).put(bytes, offset, length);
    synchronized (out) {
      out.write(frame.array());
      out.flush();
    }
  }
}
