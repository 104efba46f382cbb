// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.wire.FrameOutput;
import java.io.IOException;
import java.io.OutputStream;

/** An output stream whose bytes go to the client at once, in frames of a bounded size. */
final class ChunkedOutput extends OutputStream {
  private final FrameOutput frames;
  private final int type;
  private volatile boolean used;

  ChunkedOutput(FrameOutput frames, int type) {
    this.frames = frames;
    this.type = type;
  }

  /** Whether anything was written. */
  boolean used() {
    return used;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    used = true;
    for (int done = 0; done < length; done += MessageType.OUTPUT_CHUNK) {
      int chunk = Math.min(MessageType.OUTPUT_CHUNK, length - done);
      frames.write(0, type, bytes, offset + done, chunk);
    }
  }
}
