// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class IdleLimitedStreamTest {
  /** Gives one byte, and nothing more until it is closed. */
  private static final class Stalling extends InputStream {
    private final CountDownLatch closed = new CountDownLatch(1);
    private boolean first = true;

    @Override
    public int read() throws IOException {
      if (first) {
        first = false;
        return 7;
      }
      try {
        closed.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      throw new IOException("closed");
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      buffer[offset] = (byte) read();
      return 1;
    }

    @Override
    public void close() {
      closed.countDown();
    }
  }

  @Test
  void what_comes_is_given_on() throws IOException {
    byte[] content = {1, -1, 3};
    try (InputStream in =
        new IdleLimitedStream(new ByteArrayInputStream(content), Duration.ofSeconds(20))) {
      assertThat(in.readAllBytes()).isEqualTo(content);
      assertThat(in.read()).isEqualTo(-1);
    }
  }

  @Test
  void a_reader_to_whom_nothing_comes_is_told() throws IOException {
    try (InputStream in = new IdleLimitedStream(new Stalling(), Duration.ofSeconds(2))) {
      assertThat(in.read()).isEqualTo(7);
      assertThatThrownBy(in::read).hasMessageStartingWith("nothing came");
    }
  }
}
