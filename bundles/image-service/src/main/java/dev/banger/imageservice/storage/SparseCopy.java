// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.storage;

import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Set;

/** Copies bytes into a file that takes no room for those that are zero. */
public final class SparseCopy {
  private static final int STEP = 1 << 20;
  // What file systems allocate at a time.
  private static final int BLOCK = 4096;
  private static final byte[] ZEROS = new byte[BLOCK];

  private SparseCopy() {}

  /** Copies a file to one that is not there yet. */
  public static void copy(Path from, Path to, Operation operation) throws IOException {
    try (InputStream in = Files.newInputStream(from)) {
      copy(in, Files.size(from), to, operation);
    }
  }

  /**
   * Copies a stream to a file that is not there yet.
   *
   * @param total how many bytes the stream should have, for the progress; -1 when unknown
   * @return how many it had
   */
  public static long copy(InputStream in, long total, Path to, Operation operation)
      throws IOException {
    try (FileChannel out =
        FileChannel.open(
            to,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PrivateFiles.OWNER_ONLY)) {
      byte[] buffer = new byte[STEP];
      long position = 0;
      for (int length = in.readNBytes(buffer, 0, STEP);
          length > 0;
          length = in.readNBytes(buffer, 0, STEP)) {
        operation.check();
        write(buffer, length, out, position);
        position += length;
        operation.progress().bytes("image_write", "writing the image", position, total);
      }
      extend(out, position);
      return position;
    }
  }

  private static void write(byte[] bytes, int length, FileChannel out, long position)
      throws IOException {
    for (int at = 0; at < length; ) {
      int end = at;
      while (end < length && !isZero(bytes, end, Math.min(end + BLOCK, length))) {
        end = Math.min(end + BLOCK, length);
      }
      ByteBuffer data = ByteBuffer.wrap(bytes, at, end - at);
      while (data.hasRemaining()) {
        out.write(data, position + data.position());
      }
      at = Math.min(end + BLOCK, length);
    }
  }

  private static boolean isZero(byte[] bytes, int from, int to) {
    return Arrays.equals(bytes, from, to, ZEROS, 0, to - from);
  }

  /** Gives the file the length that zeros at its end would have given it. */
  private static void extend(FileChannel out, long length) throws IOException {
    if (out.size() < length) {
      out.write(ByteBuffer.wrap(ZEROS, 0, 1), length - 1);
    }
  }
}
