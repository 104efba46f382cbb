// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/**
 * The two directions of a socket channel as streams. Those of {@link java.nio.channels.Channels}
 * share a lock: a thread that waits for input would keep all others from writing.
 */
final class SocketStreams {
  private SocketStreams() {}

  static InputStream input(SocketChannel channel) {
    return new BufferedInputStream(
        new InputStream() {
          @Override
          public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
          }

          @Override
          public int read(byte[] bytes, int offset, int length) throws IOException {
            return channel.read(ByteBuffer.wrap(bytes, offset, length));
          }
        });
  }

  /** An output stream that knows for how long a client has not taken what it was sent. */
  static final class Output extends OutputStream {
    private final SocketChannel channel;
    private volatile long writingSince; // 0 = no write is going on

    Output(SocketChannel channel) {
      this.channel = channel;
    }

    boolean blockedFor(Duration time) {
      long since = writingSince;
      return since != 0 && System.nanoTime() - since > time.toNanos();
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
      writingSince = System.nanoTime() | 1;
      try {
        while (buffer.hasRemaining()) {
          channel.write(buffer);
        }
      } finally {
        writingSince = 0;
      }
    }
  }
}
