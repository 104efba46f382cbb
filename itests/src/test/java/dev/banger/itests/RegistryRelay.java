// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The network between a registry and who pulls from it: counts the bytes of blobs, stalls in the
 * middle of one, and is gone when it is told to be.
 */
final class RegistryRelay implements AutoCloseable {
  private static final List<String> PASSED_ON = List.of("Accept", "Range");
  private static final List<String> PASSED_BACK =
      List.of("Content-Type", "Content-Range", "Docker-Content-Digest", "Accept-Ranges");

  private final LocalRegistry registry;
  private final HttpClient client = HttpClient.newHttpClient();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final int port;
  private volatile AtomicLong blobBytes = new AtomicLong();
  private volatile Stall stall = new Stall("", 0);
  private HttpServer server;

  /** What is held back: a blob from some byte on. */
  private record Stall(String digest, long after, CountDownLatch reached, CountDownLatch end) {
    Stall(String digest, long after) {
      this(digest, after, new CountDownLatch(1), new CountDownLatch(1));
    }
  }

  RegistryRelay(LocalRegistry registry) throws IOException {
    this.registry = registry;
    listen(0);
    port = server.getAddress().getPort();
  }

  private void listen(int at) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), at), 0);
    server.setExecutor(threads);
    server.createContext("/", this::passOn);
    server.start();
  }

  /** How a person names an image of the registry, seen from behind the relay. */
  String reference(String name) {
    return "localhost:" + port + "/" + name;
  }

  /** Lets a blob come up to a byte, and no further. */
  void stall(String digest, long after) {
    stall = new Stall(digest, after);
  }

  /** Whether so much of the blob that stalls has been sent. */
  boolean isStalled() {
    return stall.reached.getCount() == 0;
  }

  /** What stalls goes on, or ends if its connection is gone. */
  void goOn() {
    stall.end.countDown();
  }

  /** Breaks all connections and takes no others. */
  void vanish() {
    server.stop(0);
    goOn();
  }

  void comeBack() throws IOException {
    listen(port);
  }

  /** Counts from nothing; what was asked for before no longer counts. */
  void countAnew() {
    blobBytes = new AtomicLong();
  }

  /** The bytes of blobs that were sent since counting began. */
  long blobBytes() {
    return blobBytes.get();
  }

  private void passOn(HttpExchange exchange) throws IOException {
    AtomicLong counter = blobBytes;
    try (exchange) {
      String path = exchange.getRequestURI().getRawPath();
      HttpResponse<InputStream> answer = client.send(request(exchange), bodyAsStream());
      Headers headers = exchange.getResponseHeaders();
      for (String name : PASSED_BACK) {
        answer.headers().firstValue(name).ifPresent(value -> headers.set(name, value));
      }
      long length = answer.headers().firstValueAsLong("Content-Length").orElse(0);
      boolean bodiless = exchange.getRequestMethod().equals("HEAD");
      if (bodiless) {
        headers.set("Content-Length", Long.toString(length));
      }
      exchange.sendResponseHeaders(answer.statusCode(), bodiless || length == 0 ? -1 : length);
      try (InputStream in = answer.body();
          OutputStream out = exchange.getResponseBody()) {
        if (!bodiless) {
          send(in, out, path, path.contains("/blobs/") ? counter : new AtomicLong());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private HttpRequest request(HttpExchange exchange) {
    String target = "http://" + registry.host() + exchange.getRequestURI();
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(target))
            .method(exchange.getRequestMethod(), HttpRequest.BodyPublishers.noBody());
    for (String name : PASSED_ON) {
      exchange
          .getRequestHeaders()
          .getOrDefault(name, List.of())
          .forEach(value -> request.header(name, value));
    }
    return request.build();
  }

  private static HttpResponse.BodyHandler<InputStream> bodyAsStream() {
    return HttpResponse.BodyHandlers.ofInputStream();
  }

  private void send(InputStream in, OutputStream out, String path, AtomicLong counter)
      throws IOException, InterruptedException {
    Stall held = stall;
    if (!held.digest.isEmpty() && path.endsWith(held.digest)) {
      write(in.readNBytes((int) held.after), out, counter);
      held.reached.countDown();
      held.end.await();
    }
    byte[] buffer = new byte[1 << 16];
    for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
      write(Arrays.copyOf(buffer, count), out, counter);
    }
  }

  private static void write(byte[] bytes, OutputStream out, AtomicLong counter) throws IOException {
    out.write(bytes);
    out.flush();
    counter.addAndGet(bytes.length);
  }

  @Override
  public void close() {
    vanish();
    threads.shutdownNow();
  }
}
