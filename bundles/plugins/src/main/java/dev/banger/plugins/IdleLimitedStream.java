// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A stream that ends with a failure when nothing has come for a time while somebody reads it. */
final class IdleLimitedStream extends FilterInputStream {
  private final Duration limit;
  private volatile long since = System.nanoTime();
  private volatile boolean reading;
  private volatile boolean idle;
  private volatile boolean closed;

  /**
   * @param in can be closed by another thread than the one that reads it
   */
  IdleLimitedStream(InputStream in, Duration limit) {
    super(in);
    this.limit = limit;
    lookAfter(limit.toNanos());
  }

  private void lookAfter(long nanos) {
    CompletableFuture.delayedExecutor(nanos, TimeUnit.NANOSECONDS).execute(this::look);
  }

  private void look() {
    if (closed) {
      return;
    }
    long left = reading ? limit.toNanos() - (System.nanoTime() - since) : limit.toNanos();
    if (left > 0) {
      lookAfter(left);
      return;
    }
    idle = true;
    try {
      close();
    } catch (IOException e) {
      // Whoever reads is told.
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    since = System.nanoTime();
    reading = true;
    try {
      int count = super.read(buffer, offset, length);
      if (!idle) {
        return count;
      }
    } catch (IOException e) {
      if (!idle) {
        throw e;
      }
    } finally {
      reading = false;
    }
    throw new IOException("nothing came for " + limit.toSeconds() + " s");
  }

  @Override
  public void close() throws IOException {
    closed = true;
    super.close();
  }
}
