// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.banger.imageservice.HostTool;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class LegacyLz4InputStreamTest {
  /** A block of five literals and then a match of nineteen bytes, five back. */
  private static final byte[] BLOCK = {
    0x5f, 'h', 'e', 'l', 'l', 'o', 5, 0, 0, 0x50, 'w', 'o', 'r', 'l', 'd'
  };

  @Test
  void a_block_that_was_written_by_hand_is_unpacked() throws IOException {
    assertThat(new String(unpack(frame(BLOCK)), StandardCharsets.US_ASCII))
        .isEqualTo("hellohellohellohellohellworld");
  }

  @Test
  void frames_that_follow_each_other_are_read_as_one() throws IOException {
    ByteArrayOutputStream two = new ByteArrayOutputStream();
    two.write(frame(BLOCK));
    two.write(frame(BLOCK));

    assertThat(unpack(two.toByteArray())).hasSize(58);
  }

  @Test
  void more_than_one_block_of_8_MiB_is_unpacked_as_lz4_packed_it() throws IOException {
    byte[] content = new byte[(8 << 20) * 2 + 12345];
    new Random(2).nextBytes(content);
    System.arraycopy(content, 0, content, 9 << 20, 4 << 20);

    assertThat(unpack(HostTool.filter(content, "lz4", "-l", "-c"))).isEqualTo(content);
  }

  @Test
  void single_bytes_are_read_up_to_the_end() throws IOException {
    byte[] frame = frame(BLOCK);
    try (LegacyLz4InputStream in = new LegacyLz4InputStream(frame, frame.length)) {
      assertThat(in.read()).isEqualTo('h');
      assertThat(in.readNBytes(28)).hasSize(28);
      assertThat(in.read()).isEqualTo(-1);
      assertThat(in.read(new byte[4], 0, 4)).isEqualTo(-1);
      assertThat(in.read(new byte[4], 0, 0)).isZero();
    }
  }

  @Test
  void what_ends_too_early_or_is_something_else_is_refused() {
    byte[] whole = frame(BLOCK);

    assertThatThrownBy(() -> new LegacyLz4InputStream(whole, 3)).hasMessageContaining("not a");
    assertThatThrownBy(() -> new LegacyLz4InputStream(new byte[20], 20))
        .hasMessageContaining("not a");
    assertThatThrownBy(() -> unpack(whole, 6)).hasMessageContaining("block's length");
    assertThatThrownBy(() -> unpack(whole, whole.length - 1))
        .hasMessageContaining("inside a block");
  }

  @Test
  void a_block_that_unpacks_to_more_than_8_MiB_is_refused() {
    // One literal, then a match whose length is 15 + 4 + 255 * 40000.
    ByteBuffer bomb = ByteBuffer.allocate(40_010);
    bomb.put((byte) 0x1f).put((byte) 'x').put((byte) 1).put((byte) 0);
    for (int i = 0; i < 40_000; i++) {
      bomb.put((byte) 0xff);
    }
    bomb.put((byte) 0).put((byte) 0x10).put((byte) 'y');
    byte[] block = new byte[bomb.position()];
    bomb.flip().get(block);

    assertThatThrownBy(() -> unpack(frame(block))).hasMessageContaining("more than 8388608");
  }

  @Property(tries = 500)
  void garbage_gives_an_io_exception_or_bytes(
      @ForAll byte[] garbage, @ForAll @IntRange(max = 14) int place, @ForAll byte value)
      throws IOException {
    byte[] damaged = BLOCK.clone();
    damaged[place] = value;
    for (byte[] block : new byte[][] {garbage, damaged}) {
      assertThat(catchThrowable(() -> unpack(frame(block))))
          .satisfiesAnyOf(
              thrown -> assertThat(thrown).isNull(),
              thrown -> assertThat(thrown).isInstanceOf(IOException.class));
    }
  }

  private static byte[] frame(byte[] block) {
    return ByteBuffer.allocate(8 + block.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(0x184c2102)
        .putInt(block.length)
        .put(block)
        .array();
  }

  private static byte[] unpack(byte[] frame) throws IOException {
    return unpack(frame, frame.length);
  }

  private static byte[] unpack(byte[] frame, int length) throws IOException {
    try (LegacyLz4InputStream in = new LegacyLz4InputStream(frame, length)) {
      return in.readAllBytes();
    }
  }
}
