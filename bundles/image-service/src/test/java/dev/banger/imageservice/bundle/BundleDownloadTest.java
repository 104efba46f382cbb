// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Bundles over a network that breaks, stalls and leads astray. */
@Timeout(60)
class BundleDownloadTest {
  private final byte[] content = new byte[3 << 20];
  private final List<String> ranges = new CopyOnWriteArrayList<>();
  private final CountDownLatch end = new CountDownLatch(1);
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    new Random(1).nextBytes(content);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.start();
  }

  @AfterEach
  void stop() {
    end.countDown();
    server.stop(0);
    threads.shutdownNow();
  }

  @Test
  void what_lies_at_an_address_is_read_whole() throws IOException {
    serve("/whole", exchange -> answer(exchange, 200, content));

    assertThat(read("/whole", Operation.background())).isEqualTo(content);
  }

  @Test
  void a_broken_connection_goes_on_where_it_was() throws IOException {
    serve(
        "/breaks",
        exchange -> {
          String range = exchange.getRequestHeaders().getFirst("Range");
          ranges.add(String.valueOf(range));
          int from = range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
          int to = Math.min(content.length, from + (1 << 20));
          if (range != null) {
            exchange
                .getResponseHeaders()
                .set("Content-Range", "bytes " + from + "-" + (content.length - 1) + "/*");
          }
          exchange.sendResponseHeaders(range == null ? 200 : 206, content.length - from);
          exchange.getResponseBody().write(content, from, to - from);
          exchange.getResponseBody().flush();
          exchange.close();
        });

    assertThat(read("/breaks", Operation.background())).isEqualTo(content);

    assertThat(ranges).hasSizeGreaterThanOrEqualTo(3).startsWith("null");
    assertThat(ranges.get(1)).startsWith("bytes=");
  }

  @Test
  void a_server_that_cannot_go_on_is_told_of() {
    serve(
        "/forgets",
        exchange -> {
          exchange.sendResponseHeaders(200, content.length);
          exchange.getResponseBody().write(content, 0, 1 << 20);
          exchange.close();
        });

    assertThatThrownBy(() -> read("/forgets", Operation.background()))
        .satisfies(code(ErrorCode.UNAVAILABLE))
        .hasMessageContaining("cannot go on");
  }

  @Test
  void a_server_that_falls_silent_is_left() {
    serve(
        "/stalls",
        exchange -> {
          exchange.sendResponseHeaders(200, content.length);
          exchange.getResponseBody().write(content, 0, 1 << 20);
          exchange.getResponseBody().flush();
          await(end);
        });
    serve("/mute", exchange -> await(end));

    for (String path : List.of("/stalls", "/mute")) {
      assertThatThrownBy(() -> read(path, Duration.ofSeconds(1), Operation.background()))
          .satisfies(code(ErrorCode.DEADLINE_EXCEEDED));
    }
  }

  @Test
  void a_caller_who_leaves_does_not_wait() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    serve(
        "/slow",
        exchange -> {
          exchange.sendResponseHeaders(200, content.length);
          exchange.getResponseBody().write(content, 0, 1 << 20);
          exchange.getResponseBody().flush();
          begun.countDown();
          await(end);
        });
    Operation leaving = Operation.background();
    BundleDownload patient =
        new BundleDownload(HttpClient::newHttpClient, Duration.ofHours(1), Duration.ZERO);
    Future<byte[]> reading =
        threads.submit(
            () -> {
              try (InputStream in = patient.open(address("/slow"), leaving)) {
                return in.readAllBytes();
              }
            });
    begun.await();

    leaving.cancel("the client left");

    assertThatThrownBy(reading::get).hasMessageContaining("the client left");
  }

  @Test
  void five_redirects_are_followed_and_no_more() throws IOException {
    for (int i = 0; i < 7; i++) {
      String next = i == 6 ? "/whole" : "/" + (i + 1);
      serve("/" + i, exchange -> redirect(exchange, next));
    }
    serve("/whole", exchange -> answer(exchange, 200, content));

    assertThat(read("/2", Operation.background())).isEqualTo(content);
    assertThatThrownBy(() -> read("/1", Operation.background()))
        .satisfies(code(ErrorCode.OPERATION_FAILED))
        .hasMessageContaining("more than 5");
  }

  @Test
  void redirects_lead_neither_to_weaker_places_nor_to_this_host() {
    URI secure = URI.create("https://example.org/a/b");

    assertThat(BundleDownload.redirected(secure, "c")).hasToString("https://example.org/a/c");
    assertThat(BundleDownload.redirected(secure, "https://other.org/")).hasHost("other.org");
    assertThat(BundleDownload.redirected(URI.create("http://example.org/"), "https://x.org/"))
        .hasScheme("https");
    for (String bad :
        List.of(
            "http://example.org/", "file:///etc/passwd", "https://127.0.0.1/", "::", "https:/x")) {
      assertThatThrownBy(() -> BundleDownload.redirected(secure, bad))
          .as(bad)
          .satisfies(code(ErrorCode.OPERATION_FAILED));
    }
  }

  @Test
  void what_the_server_refuses_has_a_code_of_its_own() {
    for (Object[] each :
        List.of(
            new Object[] {404, ErrorCode.NOT_FOUND},
            new Object[] {403, ErrorCode.UNAUTHORIZED},
            new Object[] {503, ErrorCode.UNAVAILABLE},
            new Object[] {418, ErrorCode.OPERATION_FAILED},
            new Object[] {206, ErrorCode.UNAVAILABLE})) {
      String path = "/" + each[0];
      serve(path, exchange -> answer(exchange, (int) each[0], new byte[10]));
      assertThatThrownBy(() -> read(path, Operation.background()))
          .satisfies(code((ErrorCode) each[1]))
          .hasMessageNotContaining("secret");
    }
  }

  private static java.util.function.Consumer<Throwable> code(ErrorCode code) {
    return e ->
        assertThat(e)
            .isInstanceOfSatisfying(
                BangerException.class, error -> assertThat(error.code()).isEqualTo(code));
  }

  private byte[] read(String path, Operation operation) throws IOException {
    return read(path, Duration.ofSeconds(20), operation);
  }

  private byte[] read(String path, Duration silence, Operation operation) throws IOException {
    BundleDownload download = new BundleDownload(HttpClient::newHttpClient, silence, Duration.ZERO);
    try (InputStream in = download.open(address(path), operation)) {
      return in.readAllBytes();
    }
  }

  private URI address(String path) {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path + "?secret=1");
  }

  private void serve(String path, HttpHandler handler) {
    server.createContext(path, handler);
  }

  private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(Arrays.copyOf(body, body.length));
    exchange.close();
  }

  private static void redirect(HttpExchange exchange, String location) throws IOException {
    exchange.getResponseHeaders().set("Location", location);
    exchange.sendResponseHeaders(302, -1);
    exchange.close();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
