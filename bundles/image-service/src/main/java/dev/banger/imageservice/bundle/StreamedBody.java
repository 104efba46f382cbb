// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.bundle;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The body of an answer as a stream for one reader, who is told when the peer falls silent and
 * leaves at once when the operation ends. Not more is taken from the connection than is read.
 */
final class StreamedBody extends InputStream implements HttpResponse.BodySubscriber<InputStream> {
  private static final Duration LOOK = Duration.ofMillis(50);

  /** What comes: bytes, or the end with or without a failure. */
  private record Piece(List<ByteBuffer> bytes, Throwable failure) {}

  private final Duration silence;
  private final Operation operation;
  private final BlockingQueue<Piece> pieces = new LinkedBlockingQueue<>();
  private final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();
  private List<ByteBuffer> current = List.of();
  private int index;
  private boolean ended;

  StreamedBody(Duration silence, Operation operation) {
    this.silence = silence;
    this.operation = operation;
  }

  @Override
  public CompletionStage<InputStream> getBody() {
    return CompletableFuture.completedStage(this);
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    if (!subscription.complete(given)) {
      given.cancel();
      return;
    }
    given.request(1);
  }

  @Override
  public void onNext(List<ByteBuffer> bytes) {
    pieces.add(new Piece(bytes, null));
  }

  @Override
  public void onError(Throwable failure) {
    pieces.add(new Piece(List.of(), failure));
  }

  @Override
  public void onComplete() {
    pieces.add(new Piece(null, null));
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  /**
   * Reads.
   *
   * @throws IOException when the connection breaks
   * @throws BangerException DEADLINE_EXCEEDED when the peer falls silent; how the operation ended
   */
  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, target.length);
    if (length == 0) {
      return 0;
    }
    while (!ended) {
      while (index < current.size()) {
        ByteBuffer buffer = current.get(index);
        if (buffer.hasRemaining()) {
          int count = Math.min(length, buffer.remaining());
          buffer.get(target, offset, count);
          return count;
        }
        index++;
      }
      advance();
    }
    return -1;
  }

  private void advance() throws IOException {
    Piece piece = take();
    if (piece.failure() != null) {
      ended = true;
      throw new IOException(piece.failure().getMessage(), piece.failure());
    }
    if (piece.bytes() == null) {
      ended = true;
      return;
    }
    current = piece.bytes();
    index = 0;
    subscription.join().request(1);
  }

  private Piece take() {
    long deadline = System.nanoTime() + silence.toNanos();
    try {
      while (true) {
        operation.check();
        Piece piece = pieces.poll(LOOK.toMillis(), TimeUnit.MILLISECONDS);
        if (piece != null) {
          return piece;
        }
        if (System.nanoTime() - deadline >= 0) {
          throw new BangerException(
              ErrorCode.DEADLINE_EXCEEDED,
              "the server sent nothing for " + silence.toSeconds() + " s; try again");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BangerException(ErrorCode.CANCELLED, "interrupted", e);
    }
  }

  @Override
  public void close() {
    ended = true;
    subscription.thenAccept(Flow.Subscription::cancel);
  }
}
