// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/** Hands the body of an answer to a sink, and knows when something came last. */
final class SinkSubscriber<T> implements HttpResponse.BodySubscriber<T> {
  private final Sink<T> sink;
  private final Runnable sign;
  private final CompletableFuture<T> body = new CompletableFuture<>();
  private Flow.Subscription subscription;
  private boolean closed;

  /**
   * @param sign run whenever something has come
   */
  SinkSubscriber(Sink<T> sink, Runnable sign) {
    this.sink = sink;
    this.sign = sign;
  }

  @Override
  public CompletionStage<T> getBody() {
    return body;
  }

  @Override
  public synchronized void onSubscribe(Flow.Subscription given) {
    if (closed || subscription != null) {
      given.cancel();
      return;
    }
    subscription = given;
    given.request(1);
  }

  @Override
  public synchronized void onNext(List<ByteBuffer> pieces) {
    if (closed) {
      return;
    }
    sign.run();
    try {
      for (ByteBuffer piece : pieces) {
        sink.accept(piece);
      }
    } catch (IOException | RuntimeException e) {
      closed = true;
      subscription.cancel();
      body.completeExceptionally(e);
      return;
    }
    subscription.request(1);
  }

  @Override
  public synchronized void onError(Throwable failure) {
    body.completeExceptionally(failure);
  }

  @Override
  public synchronized void onComplete() {
    if (closed) {
      return;
    }
    try {
      body.complete(sink.finish());
    } catch (IOException | RuntimeException e) {
      body.completeExceptionally(e);
    }
  }

  /** Once it returns the sink is not called any more. */
  synchronized void close() {
    closed = true;
    if (subscription != null) {
      subscription.cancel();
    }
  }
}
