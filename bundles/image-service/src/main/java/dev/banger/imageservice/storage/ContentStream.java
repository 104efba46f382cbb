// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.storage;

import dev.banger.error.BangerException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.function.BiFunction;

/**
 * So many bytes of a stream, no more and no fewer. Failures of the stream come as {@link
 * BangerException}, so that they cannot be taken for those of whatever the bytes are written to.
 */
public final class ContentStream extends InputStream {
  private final InputStream source;
  private final BiFunction<String, Exception, BangerException> failure;
  private long left;

  /**
   * @param length how many bytes the stream must have; what follows them is left there
   * @param failure makes the error of what went wrong, with a cause or null
   */
  public ContentStream(
      InputStream source, long length, BiFunction<String, Exception, BangerException> failure) {
    this.source = source;
    this.left = length;
    this.failure = failure;
  }

  @Override
  public int read() {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, target.length);
    if (left == 0) {
      return -1;
    }
    int count;
    try {
      count = source.read(target, offset, (int) Math.min(length, left));
    } catch (IOException e) {
      throw failure.apply("cannot be read: " + e.getMessage(), e);
    }
    if (count < 0) {
      throw failure.apply("ends early: " + left + " bytes are missing", null);
    }
    left -= count;
    return count;
  }

  @Override
  public void close() throws IOException {
    source.close();
  }
}
