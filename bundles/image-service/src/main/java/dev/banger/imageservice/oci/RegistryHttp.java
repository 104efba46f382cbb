// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/**
 * Sends requests for registries. Redirects are followed here, so that {@link Reach} is asked for
 * each and the authorization stays with the origin it was meant for; a peer that falls silent and a
 * caller that leaves end the exchange at once. Safe for use by many threads.
 */
final class RegistryHttp {
  private static final String AUTHORIZATION = "Authorization";
  private static final int MOST_REDIRECTS = 5;
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
  private static final int LONGEST_REDIRECT_BODY = 64 << 10;

  private final HttpClient client;
  private final Duration silence;

  /**
   * @param client follows no redirects by itself
   * @param silence how long a peer may send nothing; positive
   */
  RegistryHttp(HttpClient client, Duration silence) {
    this.client = client;
    this.silence = silence;
  }

  /**
   * A request.
   *
   * @param headers one value a name
   * @param body what is sent, or null
   */
  record Request(String method, URI target, Map<String, String> headers, byte[] body) {
    static Request get(URI target, Map<String, String> headers) {
      return new Request("GET", target, headers, null);
    }

    private Request redirectedTo(URI next) {
      Map<String, String> kept = new LinkedHashMap<>(headers);
      if (!origin(next).equals(origin(target))) {
        kept.keySet().removeIf(AUTHORIZATION::equalsIgnoreCase);
      }
      return new Request(method, next, kept, null);
    }

    private static String origin(URI address) {
      boolean secure = "https".equalsIgnoreCase(address.getScheme());
      int port = address.getPort() >= 0 ? address.getPort() : secure ? 443 : 80;
      return (secure ? "https://" : "http://") + address.getHost() + ":" + port;
    }

    private HttpRequest toJava() {
      HttpRequest.Builder builder = HttpRequest.newBuilder(target);
      headers.forEach(builder::setHeader);
      return builder
          .setHeader("User-Agent", "banger")
          .method(
              method,
              body == null
                  ? HttpRequest.BodyPublishers.noBody()
                  : HttpRequest.BodyPublishers.ofByteArray(body))
          .build();
    }
  }

  /**
   * Sends a request and takes the answer, after redirects.
   *
   * @param sinks chooses what takes the body, by status and headers
   * @throws IOException when the peer cannot be reached or the connection breaks
   * @throws BangerException CANCELLED; DEADLINE_EXCEEDED, also when the peer falls silent; whatever
   *     the reach or the sink throws
   */
  <T> HttpResponse<T> send(
      Request request,
      Reach reach,
      Function<HttpResponse.ResponseInfo, Sink<T>> sinks,
      Operation operation)
      throws IOException {
    Request next = request;
    for (int redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      reach.check(next.target());
      HttpResponse<T> answer = exchange(next, sinks, operation);
      if (!REDIRECTS.contains(answer.statusCode()) || request.body() != null) {
        return answer;
      }
      next = next.redirectedTo(location(next, answer));
    }
    throw new BangerException(
        ErrorCode.OPERATION_FAILED,
        "the registry %s redirects more than %d times".formatted(reach.server(), MOST_REDIRECTS));
  }

  private static URI location(Request request, HttpResponse<?> answer) {
    String location = answer.headers().firstValue("Location").orElse("");
    try {
      if (!location.isEmpty()) {
        return request.target().resolve(new URI(location));
      }
    } catch (java.net.URISyntaxException e) {
      throw badRedirect(request, location, e);
    }
    throw badRedirect(request, location, null);
  }

  private static BangerException badRedirect(Request request, String location, Exception cause) {
    return new BangerException(
        ErrorCode.OPERATION_FAILED,
        "%s redirects to %s, which is no address"
            .formatted(request.target().getAuthority(), Quoted.of(location)),
        cause);
  }

  private <T> HttpResponse<T> exchange(
      Request request, Function<HttpResponse.ResponseInfo, Sink<T>> sinks, Operation operation)
      throws IOException {
    operation.check();
    AtomicLong lastSign = new AtomicLong(System.nanoTime());
    AtomicReference<SinkSubscriber<T>> taking = new AtomicReference<>();
    HttpResponse.BodyHandler<T> handler =
        info -> {
          lastSign.set(System.nanoTime());
          Sink<T> sink =
              REDIRECTS.contains(info.statusCode()) ? new DroppedBody<>() : sinks.apply(info);
          taking.set(new SinkSubscriber<>(sink, () -> lastSign.set(System.nanoTime())));
          return taking.get();
        };
    CompletableFuture<HttpResponse<T>> answer = client.sendAsync(request.toJava(), handler);
    try (Operation.Registration leaving = operation.onCancel(() -> answer.cancel(true))) {
      return await(answer, lastSign, request.target(), operation);
    } finally {
      answer.cancel(true);
      if (taking.get() != null) {
        taking.get().close();
      }
    }
  }

  private <T> HttpResponse<T> await(
      CompletableFuture<HttpResponse<T>> answer,
      AtomicLong lastSign,
      URI target,
      Operation operation)
      throws IOException {
    while (true) {
      long left = silence.toNanos() - (System.nanoTime() - lastSign.get());
      if (left <= 0) {
        throw new BangerException(
            ErrorCode.DEADLINE_EXCEEDED,
            "%s has sent nothing for %s; what has come is kept, give the command again to go on"
                .formatted(target.getAuthority(), inWords(silence)));
      }
      long until = operation.remaining().map(Duration::toNanos).orElse(Long.MAX_VALUE);
      try {
        return answer.get(Math.min(left, until), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        operation.check();
      } catch (CancellationException e) {
        operation.check();
        throw new IOException("the exchange was cancelled", e);
      } catch (ExecutionException e) {
        operation.check();
        throw failure(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new BangerException(ErrorCode.CANCELLED, "interrupted", e);
      }
    }
  }

  private static String inWords(Duration time) {
    return time.toMillis() >= 1000 ? time.toSeconds() + " s" : time.toMillis() + " ms";
  }

  private static IOException failure(ExecutionException wrapped) {
    for (Throwable cause = wrapped; cause != null; cause = cause.getCause()) {
      if (cause instanceof BangerException refusal) {
        throw refusal;
      }
    }
    return wrapped.getCause() instanceof IOException failure
        ? failure
        : new IOException(wrapped.getCause());
  }

  /** The body of a redirect, of which nobody wants to know; it may not go on for ever. */
  private static final class DroppedBody<T> implements Sink<T> {
    private int bytes;

    @Override
    public void accept(java.nio.ByteBuffer piece) throws IOException {
      bytes += piece.remaining();
      if (bytes > LONGEST_REDIRECT_BODY) {
        throw new IOException("the body of a redirect does not end");
      }
    }

    @Override
    public T finish() {
      return null;
    }
  }
}
