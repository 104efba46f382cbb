// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class FramesTest {
  private static final int LIMIT = 1 << 16;

  private static FrameInput input(byte[] bytes) {
    return new FrameInput(new ByteArrayInputStream(bytes), LIMIT);
  }

  private static byte[] written(int stream, int type, byte[] payload) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new FrameOutput(out).write(stream, type, payload);
    return out.toByteArray();
  }

  @Test
  void writes_length_stream_type_and_payload_in_network_order() throws IOException {
    assertThat(written(0x01020304, 0xfe, new byte[] {9, 8}))
        .containsExactly(0, 0, 0, 2, 1, 2, 3, 4, 0xfe, 9, 8);
  }

  @Property(tries = 300)
  void reads_what_was_written(
      @ForAll int stream, @ForAll @IntRange(max = 255) int type, @ForAll byte[] payload)
      throws IOException {
    FrameInput in = input(written(stream, type, payload));
    Frame frame = in.read();
    assertThat(frame.stream()).isEqualTo(stream);
    assertThat(frame.type()).isEqualTo(type);
    assertThat(frame.payload()).isEqualTo(payload);
    assertThat(in.read()).isNull();
  }

  @Property(tries = 300)
  void gives_frames_or_a_clean_error_for_any_bytes(@ForAll byte[] bytes) {
    FrameInput in = input(bytes);
    int read = 0;
    try {
      for (Frame frame = in.read(); frame != null; frame = in.read()) {
        read += Frame.HEADER_BYTES + frame.payload().length;
      }
      assertThat(read).isEqualTo(bytes.length);
    } catch (EOFException | ProtocolException e) {
      assertThat(read).isLessThan(bytes.length);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void refuses_a_stream_that_ends_anywhere_within_a_frame() throws IOException {
    byte[] whole = written(1, 2, new byte[] {1, 2, 3});
    for (int length = 1; length < whole.length; length++) {
      FrameInput in = input(Arrays.copyOf(whole, length));
      assertThatThrownBy(in::read).isInstanceOf(EOFException.class);
    }
    assertThat(input(whole).read().payload()).containsExactly(1, 2, 3);
    assertThat(input(new byte[0]).read()).isNull();
  }

  @Test
  void refuses_a_payload_over_the_limit_before_it_takes_memory_for_it() throws IOException {
    for (int length : new int[] {LIMIT + 1, Integer.MAX_VALUE, Integer.MIN_VALUE, -1}) {
      FrameInput in = input(ByteBuffer.allocate(9).putInt(length).array());
      assertThatThrownBy(in::read)
          .isInstanceOf(ProtocolException.class)
          .hasMessageContaining(Long.toString(length & 0xffff_ffffL));
    }
    assertThat(input(written(0, 1, new byte[LIMIT])).read().payload()).hasSize(LIMIT);
  }

  @Test
  void writes_a_part_of_an_array() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new FrameOutput(out).write(0, 1, new byte[] {1, 2, 3, 4}, 1, 2);
    assertThat(input(out.toByteArray()).read().payload()).containsExactly(2, 3);
  }

  @Test
  void writes_each_frame_with_one_write() throws Exception {
    List<byte[]> writes = new ArrayList<>();
    FrameOutput out =
        new FrameOutput(
            new OutputStream() {
              @Override
              public void write(int b) {
                throw new AssertionError("byte by byte");
              }

              @Override
              public void write(byte[] bytes) {
                writes.add(bytes.clone());
              }

              @Override
              public void write(byte[] bytes, int offset, int length) {
                writes.add(Arrays.copyOfRange(bytes, offset, offset + length));
              }
            });
    int writers = 8;
    CountDownLatch go = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < writers; i++) {
      int stream = i;
      Thread thread =
          new Thread(
              () -> {
                try {
                  go.await();
                  for (int n = 0; n < 100; n++) {
                    out.write(stream, n, new byte[n]);
                  }
                } catch (IOException | InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              });
      threads.add(thread);
      thread.start();
    }
    go.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(writes).hasSize(writers * 100);
    for (byte[] write : writes) {
      FrameInput in = input(write);
      Frame frame = in.read();
      assertThat(frame.payload()).hasSize(frame.type());
      assertThat(in.read()).isNull();
    }
  }
}
