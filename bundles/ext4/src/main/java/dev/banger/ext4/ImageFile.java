// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.ext4;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The image as an array of blocks that are zero until written. */
final class ImageFile implements Closeable {
  private final FileChannel channel;

  private ImageFile(FileChannel channel) {
    this.channel = channel;
  }

  /** Makes the file, which must not exist: that it reads as zeros is taken for granted. */
  static ImageFile create(Path path, long size) throws IOException {
    FileChannel channel =
        FileChannel.open(
            path,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE);
    try {
      ImageFile image = new ImageFile(channel);
      image.writeAt(size - 1, new byte[1], 1);
      return image;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** Makes an empty block, or several, for a structure. */
  static ByteBuffer newBlocks(int count) {
    return ByteBuffer.allocate(count * Geometry.BLOCK_SIZE).order(ByteOrder.LITTLE_ENDIAN);
  }

  void write(long block, byte[] data) throws IOException {
    writeAt(block * Geometry.BLOCK_SIZE, data, data.length);
  }

  /** Writes all of a buffer, wherever its position is. */
  void write(long block, ByteBuffer data) throws IOException {
    writeAt(block * Geometry.BLOCK_SIZE, data.duplicate().clear());
  }

  void write(long block, byte[] data, int offset, int length) throws IOException {
    writeAt(block * Geometry.BLOCK_SIZE, ByteBuffer.wrap(data, offset, length));
  }

  private void writeAt(long position, byte[] data, int length) throws IOException {
    writeAt(position, ByteBuffer.wrap(data, 0, length));
  }

  private void writeAt(long position, ByteBuffer data) throws IOException {
    long at = position;
    while (data.hasRemaining()) {
      at += channel.write(data, at);
    }
  }

  byte[] read(long block) throws IOException {
    byte[] data = new byte[Geometry.BLOCK_SIZE];
    ByteBuffer buffer = ByteBuffer.wrap(data);
    long at = block * Geometry.BLOCK_SIZE;
    while (buffer.hasRemaining()) {
      int count = channel.read(buffer, at);
      if (count < 0) {
        throw new EOFException("the image ends before block " + block);
      }
      at += count;
    }
    return data;
  }

  void force() throws IOException {
    channel.force(true);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
