// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.wire;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;

/** Reads frames from a byte stream, never trusting a length. For use by one thread. */
public final class FrameInput {
  private final DataInputStream in;
  private final int limit;

  /**
   * @param in the byte stream; buffered by the caller if that pays
   * @param limit the longest payload that is accepted, in bytes
   */
  public FrameInput(InputStream in, int limit) {
    this.in = new DataInputStream(in);
    this.limit = limit;
  }

  /**
   * The next frame, or null at the end of the stream.
   *
   * @throws ProtocolException when a payload is longer than the limit
   * @throws EOFException when the stream ends within a frame
   */
  public Frame read() throws IOException {
    int first = in.read();
    if (first < 0) {
      return null;
    }
    long length = ((long) first << 24 | in.readUnsignedByte() << 16 | in.readUnsignedShort());
    if (length > limit) {
      throw new ProtocolException(
          "a frame of " + length + " bytes is longer than the limit of " + limit);
    }
    int stream = in.readInt();
    int type = in.readUnsignedByte();
    byte[] payload = in.readNBytes((int) length);
    if (payload.length < length) {
      throw new EOFException("the stream ended within a frame");
    }
    return new Frame(stream, type, payload);
  }
}
