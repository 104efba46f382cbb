// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.bundle;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.imageservice.oci.EnvironmentProxies;
import dev.banger.imageservice.oci.Reach;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Fetches bundles as streams. A connection that breaks is made again and goes on where it was.
 * Redirects are followed here: never from https to http, never from elsewhere to this host. Safe
 * for use by many threads.
 */
public final class BundleDownload {
  private static final int MOST_REDIRECTS = 5;
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
  private static final int MOST_BREAKS = 4;
  private static final Duration LOOK = Duration.ofMillis(50);
  private static final Duration CONNECT = Duration.ofSeconds(20);
  private static final Duration PAUSE = Duration.ofMillis(500);

  private final Supplier<HttpClient> newClient;
  private final Duration silence;
  private final Duration pause;
  private HttpClient client;

  /**
   * Downloads through the proxies of the environment.
   *
   * @param silence how long a server may send nothing; positive
   */
  public static BundleDownload withSilence(Duration silence) {
    return new BundleDownload(BundleDownload::newClient, silence, PAUSE);
  }

  private static HttpClient newClient() {
    return HttpClient.newBuilder()
        .connectTimeout(CONNECT)
        .followRedirects(HttpClient.Redirect.NEVER)
        .proxy(EnvironmentProxies.select(System::getProperty, System.getenv()))
        .build();
  }

  /**
   * @param newClient makes, at the first download, a client that follows no redirects by itself and
   *     bounds the time of connecting
   * @param silence how long a server may send nothing; positive
   * @param pause the time before a broken connection is made again
   */
  BundleDownload(Supplier<HttpClient> newClient, Duration silence, Duration pause) {
    this.newClient = newClient;
    this.silence = silence;
    this.pause = pause;
  }

  /**
   * Opens the stream of what lies at an address. Reading fails with {@link BangerException} only.
   *
   * @throws BangerException NOT_FOUND, UNAUTHORIZED, UNAVAILABLE, OPERATION_FAILED;
   *     DEADLINE_EXCEEDED when the server falls silent; CANCELLED
   */
  public InputStream open(URI address, Operation operation) {
    return new Content(address, operation);
  }

  private synchronized HttpClient client() {
    if (client == null) {
      client = newClient.get();
    }
    return client;
  }

  private HttpResponse<InputStream> send(URI address, long position, Operation operation)
      throws IOException {
    URI target = address;
    for (int redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      HttpResponse<InputStream> answer = exchange(target, position, operation);
      if (!REDIRECTS.contains(answer.statusCode())) {
        return answer;
      }
      answer.body().close();
      target = redirected(target, answer.headers().firstValue("Location").orElse(""));
    }
    throw failed(
        ErrorCode.OPERATION_FAILED, address, "redirects more than " + MOST_REDIRECTS + " times");
  }

  /** Where a redirect leads, if it may be followed. */
  static URI redirected(URI from, String location) {
    URI to;
    try {
      to = from.resolve(new URI(location));
    } catch (URISyntaxException e) {
      throw failed(ErrorCode.OPERATION_FAILED, from, "redirects to what is no address");
    }
    String scheme = scheme(to);
    if (location.isEmpty()
        || to.getHost() == null
        || !(scheme.equals("https") || scheme.equals("http"))) {
      throw failed(ErrorCode.OPERATION_FAILED, from, "redirects to no http or https address");
    }
    if (scheme(from).equals("https") && !scheme.equals("https")) {
      throw failed(
          ErrorCode.OPERATION_FAILED, from, "redirects from https to http; that is not followed");
    }
    if (Reach.isLoopback(to.getHost()) && !Reach.isLoopback(from.getHost())) {
      throw failed(
          ErrorCode.OPERATION_FAILED, from, "redirects to this host; that is not followed");
    }
    return to;
  }

  private static String scheme(URI address) {
    return address.getScheme() == null ? "" : address.getScheme().toLowerCase(Locale.ROOT);
  }

  private HttpResponse<InputStream> exchange(URI target, long position, Operation operation)
      throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(target)
            .setHeader("User-Agent", "banger")
            .setHeader("Accept-Encoding", "identity");
    if (position > 0) {
      request.setHeader("Range", "bytes=" + position + "-");
    }
    CompletableFuture<HttpResponse<InputStream>> answer =
        client().sendAsync(request.build(), info -> new StreamedBody(silence, operation));
    try {
      return await(answer, target, operation);
    } catch (RuntimeException e) {
      answer.cancel(true);
      throw e;
    }
  }

  private HttpResponse<InputStream> await(
      CompletableFuture<HttpResponse<InputStream>> answer, URI target, Operation operation)
      throws IOException {
    long deadline = System.nanoTime() + silence.toNanos();
    while (true) {
      operation.check();
      try {
        return answer.get(LOOK.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        if (System.nanoTime() - deadline >= 0) {
          throw failed(
              ErrorCode.DEADLINE_EXCEEDED,
              target,
              "gave no answer for " + silence.toSeconds() + " s");
        }
      } catch (ExecutionException e) {
        throw new IOException(String.valueOf(e.getCause().getMessage()), e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new BangerException(ErrorCode.CANCELLED, "interrupted", e);
      }
    }
  }

  private static BangerException failed(ErrorCode code, URI address, String what) {
    return new BangerException(code, Reach.withoutQuery(address) + " " + what);
  }

  /** What lies at an address, over as many connections as it takes. */
  private final class Content extends InputStream {
    private final URI address;
    private final Operation operation;
    private InputStream body;
    private long position;
    private int breaks;

    Content(URI address, Operation operation) {
      this.address = address;
      this.operation = operation;
    }

    @Override
    public int read() {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      while (true) {
        try {
          if (body == null) {
            body = connect();
          }
          int count = body.read(target, offset, length);
          position += Math.max(0, count);
          breaks = count > 0 ? 0 : breaks;
          return count;
        } catch (IOException e) {
          broken(e);
        }
      }
    }

    private InputStream connect() throws IOException {
      HttpResponse<InputStream> answer = send(address, position, operation);
      boolean whole = answer.statusCode() == 200 && position == 0;
      if (whole || continues(answer)) {
        return answer.body();
      }
      answer.body().close();
      throw refusal(answer.statusCode());
    }

    private boolean continues(HttpResponse<InputStream> answer) {
      return answer.statusCode() == 206
          && answer
              .headers()
              .firstValue("Content-Range")
              .filter(range -> range.startsWith("bytes " + position + "-"))
              .isPresent();
    }

    private BangerException refusal(int status) {
      return switch (status) {
        case 200, 206 ->
            failed(
                ErrorCode.UNAVAILABLE,
                address,
                "broke off and cannot go on where it was; try again");
        case 401, 403 -> failed(ErrorCode.UNAUTHORIZED, address, "may not be read: " + status);
        case 404, 410 -> failed(ErrorCode.NOT_FOUND, address, "is not there: " + status);
        case 429, 500, 502, 503, 504 ->
            failed(ErrorCode.UNAVAILABLE, address, "cannot be had now: " + status + "; try later");
        default -> failed(ErrorCode.OPERATION_FAILED, address, "was answered with " + status);
      };
    }

    private void broken(IOException e) {
      close();
      if (++breaks >= MOST_BREAKS || position == 0) {
        throw new BangerException(
            ErrorCode.UNAVAILABLE,
            "%s cannot be read: %s"
                .formatted(
                    Reach.withoutQuery(address),
                    Optional.ofNullable(e.getMessage()).orElse(e.getClass().getSimpleName())),
            e);
      }
      operation.pause(pause);
      operation.check();
    }

    @Override
    public void close() {
      if (body != null) {
        try {
          body.close();
        } catch (IOException e) {
          // It is given up in any case.
        }
        body = null;
      }
    }
  }
}
