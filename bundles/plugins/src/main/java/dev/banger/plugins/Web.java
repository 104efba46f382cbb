// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.plugins;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Files on web servers. What they send is verified by whoever asked for it. */
final class Web {
  private static final Duration CONNECT = Duration.ofSeconds(20);
  private static final Duration ANSWER = Duration.ofSeconds(60);
  private static final int TEXT_LIMIT = 4096;

  /** A server that is still there sends something. */
  private static final Duration IDLE = Duration.ofSeconds(60);

  private final Duration idle;
  private HttpClient client;

  Web() {
    this(IDLE);
  }

  /**
   * @param idle how long nothing may come
   */
  Web(Duration idle) {
    this.idle = idle;
  }

  /**
   * Reads an address.
   *
   * @throws BangerException BAD_REQUEST when it is none
   */
  static URI address(String text) {
    try {
      URI address = URI.create(text);
      if (address.getHost() != null) {
        return address;
      }
    } catch (IllegalArgumentException e) {
      // Told below.
    }
    throw new BangerException(ErrorCode.BAD_REQUEST, "'" + text + "' is no address");
  }

  /**
   * Opens what lies at an address; reading it ends when the operation is cancelled, and when
   * nothing comes for long.
   *
   * @throws BangerException NOT_FOUND; UNAVAILABLE; CANCELLED
   */
  InputStream open(URI address, Operation operation) {
    HttpRequest request = HttpRequest.newBuilder(address).setHeader("User-Agent", "banger").build();
    HttpResponse<InputStream> answer = send(request, operation);
    InputStream body = new IdleLimitedStream(answer.body(), idle);
    if (answer.statusCode() != 200) {
      close(body);
      ErrorCode code = answer.statusCode() == 404 ? ErrorCode.NOT_FOUND : ErrorCode.UNAVAILABLE;
      throw new BangerException(code, address + " answers with " + answer.statusCode());
    }
    // The registration lives as long as the operation, which is the download's.
    Operation.Registration unused = operation.onCancel(() -> close(body));
    return body;
  }

  /** The short text at an address; fails as {@link #open} does. */
  String text(URI address, Operation operation) throws IOException {
    try (InputStream in = open(address, operation)) {
      return new String(in.readNBytes(TEXT_LIMIT), StandardCharsets.UTF_8);
    }
  }

  private HttpResponse<InputStream> send(HttpRequest request, Operation operation) {
    CompletableFuture<HttpResponse<InputStream>> answer =
        client().sendAsync(request, HttpResponse.BodyHandlers.ofInputStream());
    try (Operation.Registration unused = operation.onCancel(() -> answer.cancel(true))) {
      return answer.get(ANSWER.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException | CancellationException e) {
      operation.check();
      throw unavailable(request.uri(), Exceptions.told(e));
    } catch (TimeoutException e) {
      answer.cancel(true);
      throw unavailable(request.uri(), "no answer within " + ANSWER.toSeconds() + " s");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BangerException(ErrorCode.CANCELLED, "interrupted", e);
    }
  }

  private static BangerException unavailable(URI address, String why) {
    return new BangerException(
        ErrorCode.UNAVAILABLE, address + " cannot be reached: " + why + "; try again later");
  }

  private static void close(InputStream body) {
    try {
      body.close();
    } catch (IOException e) {
      // It is given up.
    }
  }

  private synchronized HttpClient client() {
    if (client == null) {
      client =
          HttpClient.newBuilder()
              .connectTimeout(CONNECT)
              .followRedirects(HttpClient.Redirect.NORMAL)
              .build();
    }
    return client;
  }
}
