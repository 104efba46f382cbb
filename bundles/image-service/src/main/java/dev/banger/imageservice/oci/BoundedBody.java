// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;

/** A body that is kept in memory, up to a bound. */
final class BoundedBody implements Sink<byte[]> {
  private static final int LONGEST_EXPLANATION = 64 << 10;
  private static final int MOST_IGNORED = 1 << 20;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final String what;
  private final int limit;
  private final boolean refusesMore;
  private int ignored;

  private BoundedBody(String what, int limit, boolean refusesMore) {
    this.what = what;
    this.limit = limit;
    this.refusesMore = refusesMore;
  }

  /**
   * The body of an answer: whole when the answer is good, else as much of it as explains the error.
   *
   * @param what the body is, for messages
   * @param limit in bytes; a good answer that is longer is refused
   * @throws BangerException OPERATION_FAILED when the answer announces more
   */
  static BoundedBody of(HttpResponse.ResponseInfo answer, String what, int limit) {
    if (answer.statusCode() >= 300) {
      return explanation();
    }
    BoundedBody body = new BoundedBody(what, limit, true);
    if (answer.headers().firstValueAsLong("Content-Length").orElse(0) > limit) {
      throw body.tooLong();
    }
    return body;
  }

  /** The body of a failure. */
  static BoundedBody explanation() {
    return new BoundedBody("the error", LONGEST_EXPLANATION, false);
  }

  @Override
  public void accept(ByteBuffer piece) throws IOException {
    int room = limit - bytes.size();
    if (piece.remaining() > room && refusesMore) {
      throw tooLong();
    }
    byte[] taken = new byte[Math.min(room, piece.remaining())];
    piece.get(taken);
    bytes.writeBytes(taken);
    ignored += piece.remaining();
    if (ignored > MOST_IGNORED) {
      throw new IOException(what + " does not end");
    }
  }

  private BangerException tooLong() {
    return new BangerException(
        ErrorCode.OPERATION_FAILED,
        "%s is larger than %d bytes, the most that is accepted".formatted(what, limit));
  }

  @Override
  public byte[] finish() {
    return bytes.toByteArray();
  }
}
