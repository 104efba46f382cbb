// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.commons.compress.compressors.lz4.BlockLZ4CompressorInputStream;

/**
 * Reads LZ4's legacy frame, in which Linux compresses itself: a magic number, then blocks, each
 * with its compressed length before it. The layout is that of lz4's doc/lz4_Frame_format.md.
 */
final class LegacyLz4InputStream extends InputStream {
  static final int MAGIC = 0x184c2102;

  /** What a block unpacks to at most. */
  private static final int BLOCK = 8 << 20;

  private final ByteBuffer frame;
  private final byte[] block = new byte[BLOCK];
  private int position;
  private int limit;

  LegacyLz4InputStream(byte[] content, int length) throws IOException {
    frame = ByteBuffer.wrap(content, 0, length).order(ByteOrder.LITTLE_ENDIAN);
    if (length < 4 || frame.getInt() != MAGIC) {
      throw new IOException("not a legacy LZ4 frame");
    }
  }

  @Override
  public int read() throws IOException {
    return ensure() ? Byte.toUnsignedInt(block[position++]) : -1;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!ensure()) {
      return -1;
    }
    int count = Math.min(length, limit - position);
    System.arraycopy(block, position, into, offset, count);
    position += count;
    return count;
  }

  private boolean ensure() throws IOException {
    while (position == limit) {
      if (frame.remaining() == 0) {
        return false;
      }
      unpackNext();
    }
    return true;
  }

  private void unpackNext() throws IOException {
    if (frame.remaining() < 4) {
      throw new IOException("the LZ4 frame ends inside a block's length");
    }
    long length = Integer.toUnsignedLong(frame.getInt());
    if (length == MAGIC) {
      return;
    }
    if (length > frame.remaining()) {
      throw new IOException("the LZ4 frame ends inside a block");
    }
    int start = frame.position();
    frame.position(start + (int) length);
    try (BlockLZ4CompressorInputStream unpacked =
        new BlockLZ4CompressorInputStream(
            new ByteArrayInputStream(frame.array(), start, (int) length))) {
      limit = unpacked.readNBytes(block, 0, BLOCK);
      position = 0;
      if (limit == BLOCK && unpacked.read() >= 0) {
        throw new IOException("an LZ4 block unpacks to more than " + BLOCK + " bytes");
      }
    } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
      throw new IOException("a damaged LZ4 block", e);
    }
  }
}
