// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.imageservice.storage.FileDigest;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Bundles from files and from a server on this host. */
@Timeout(30)
class BundleFetchTest {
  private static final byte[] CONTENT = new byte[300_000];
  private static final String SHA256;

  static {
    new Random(7).nextBytes(CONTENT);
    SHA256 = FileDigest.sha256(CONTENT);
  }

  @TempDir Path home;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch end = new CountDownLatch(1);
  private final Operation operation = Operation.background();
  private HttpServer server;
  private Path file;

  @BeforeEach
  void serve() throws IOException {
    file = home.resolve("bundle");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    on(
        "/k.tar.zst",
        exchange -> {
          exchange.sendResponseHeaders(200, CONTENT.length);
          exchange.getResponseBody().write(CONTENT);
        });
    server.start();
  }

  @AfterEach
  void endServer() {
    end.countDown();
    server.stop(0);
    threads.shutdownNow();
  }

  @Test
  void a_file_and_a_url_are_fetched_when_their_digest_is_right() throws IOException {
    Path local = Files.write(home.resolve("k.tar.zst"), CONTENT);

    fetch(BundleFetch.source(local.toString()), SHA256);
    assertThat(file).hasBinaryContent(CONTENT);

    fetch(address("/k.tar.zst"), SHA256);
    assertThat(file).hasBinaryContent(CONTENT);
  }

  @Test
  void another_digest_is_refused_with_both() throws IOException {
    Path local = Files.write(home.resolve("k.tar.zst"), CONTENT);
    String other = "0".repeat(64);

    assertRefused(ErrorCode.CORRUPT, SHA256 + ", not " + other, () -> fetch(local.toUri(), other));
    assertRefused(ErrorCode.CORRUPT, "not " + other, () -> fetch(address("/k.tar.zst"), other));
  }

  @Test
  void more_than_the_limit_is_refused_whether_announced_or_not() throws IOException {
    on(
        "/chunked",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          exchange.getResponseBody().write(CONTENT);
        });
    for (String path : List.of("/k.tar.zst", "/chunked")) {
      Files.deleteIfExists(file);
      assertRefused(
          ErrorCode.CORRUPT,
          "larger than 299999",
          () ->
              new BundleFetch(Duration.ofSeconds(10), CONTENT.length - 1)
                  .fetch(address(path), SHA256, file, operation));
      Files.deleteIfExists(file);
      new BundleFetch(Duration.ofSeconds(10), CONTENT.length)
          .fetch(address(path), SHA256, file, operation);
    }
  }

  @Test
  void redirects_are_followed_up_to_a_bound_and_only_to_the_web() throws IOException {
    redirect("/once", "/k.tar.zst");
    redirect("/for-ever", "/for-ever");
    redirect("/file", "file:///etc/passwd");
    redirect("/nothing", "");

    fetch(address("/once"), SHA256);

    assertThat(file).hasBinaryContent(CONTENT);
    assertRefused(
        ErrorCode.OPERATION_FAILED, "more than 5 times", () -> fetch(address("/for-ever"), SHA256));
    for (String path : List.of("/file", "/nothing")) {
      assertRefused(
          ErrorCode.OPERATION_FAILED,
          "no http or https address",
          () -> fetch(address(path), SHA256));
    }
  }

  @Test
  void a_server_that_has_no_such_file_is_told_as_such() {
    assertRefused(
        ErrorCode.NOT_FOUND, "is not there: 404", () -> fetch(address("/missing"), SHA256));
  }

  @Test
  void a_body_that_breaks_off_is_a_failure_where_the_server_cannot_go_on() {
    on(
        "/short",
        exchange -> {
          exchange.sendResponseHeaders(200, CONTENT.length);
          exchange.getResponseBody().write(CONTENT, 0, 1000);
          exchange.getResponseBody().flush();
          throw new IOException("broken off");
        });

    assertRefused(ErrorCode.UNAVAILABLE, "broke off", () -> fetch(address("/short"), SHA256));
  }

  @Test
  void a_server_that_falls_silent_is_given_up() {
    on("/stall", this::stall);

    assertRefused(
        ErrorCode.DEADLINE_EXCEEDED,
        "sent nothing",
        () ->
            new BundleFetch(Duration.ofMillis(200), 1 << 20)
                .fetch(address("/stall"), SHA256, file, operation));
  }

  @Test
  void a_caller_that_leaves_ends_the_fetch() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    on(
        "/stall",
        exchange -> {
          begun.countDown();
          stall(exchange);
        });
    Future<?> fetching =
        threads.submit(
            () -> {
              fetch(address("/stall"), SHA256);
              return null;
            });
    begun.await();

    operation.cancel("the client left");

    assertThatThrownBy(fetching::get).hasMessageContaining("the client left");
  }

  @Test
  void sources_that_are_neither_url_nor_absolute_path_are_refused() throws IOException {
    for (String source :
        new String[] {
          null,
          "",
          "k.tar.zst",
          "ftp://host/k",
          "file:///etc/passwd",
          "https://user:word@host/k",
          "https:///k",
          "http://host/a b",
          home.toString(),
          "/no/such/file"
        }) {
      assertRefused(ErrorCode.BAD_REQUEST, "", () -> BundleFetch.source(source));
    }
    assertThat(BundleFetch.source("https://host/k")).isEqualTo(URI.create("https://host/k"));
    assertThat(BundleFetch.source("http://host:81/k?x"))
        .isEqualTo(URI.create("http://host:81/k?x"));
  }

  @Test
  void what_is_shown_of_an_address_has_no_query() {
    assertThat(BundleFetch.shown(URI.create("https://host:8443/k?secret=1")))
        .isEqualTo("https://host:8443/k");
  }

  private void fetch(URI source, String sha256) throws IOException {
    Files.deleteIfExists(file);
    new BundleFetch().fetch(source, sha256, file, operation);
  }

  private void stall(com.sun.net.httpserver.HttpExchange exchange) throws IOException {
    exchange.sendResponseHeaders(200, CONTENT.length);
    exchange.getResponseBody().write(CONTENT, 0, 1000);
    exchange.getResponseBody().flush();
    try {
      end.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void redirect(String path, String location) {
    on(
        path,
        exchange -> {
          exchange.getResponseHeaders().set("Location", location);
          exchange.sendResponseHeaders(302, -1);
        });
  }

  private void on(String path, HttpHandler handler) {
    server.createContext(
        path,
        exchange -> {
          try (exchange) {
            handler.handle(exchange);
          }
        });
  }

  private URI address(String path) {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
  }

  private static void assertRefused(ErrorCode code, String message, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(BangerException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageContaining(message);
  }
}
