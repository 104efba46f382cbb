// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;

/** A registry on loopback that serves what it is given and misbehaves where it is told to. */
final class FakeRegistry implements AutoCloseable {
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-");

  static {
    // The JDK's server sends head and body apart; without this each answer waits for an
    // acknowledgement.
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer server;
  private final Map<String, Content> contents = new ConcurrentHashMap<>();
  private final Map<String, HttpHandler> faults = new ConcurrentHashMap<>();
  private final List<Seen> seen = new CopyOnWriteArrayList<>();

  /** A request that came. */
  record Seen(String method, String path, String query, String authorization, String range) {}

  private record Content(String mediaType, byte[] bytes) {}

  FakeRegistry() throws IOException {
    this(HttpServer.create(loopback(), 0));
  }

  private FakeRegistry(HttpServer server) {
    this.server = server;
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  static FakeRegistry withTls(SSLContext context) throws IOException {
    HttpsServer server = HttpsServer.create(loopback(), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    return new FakeRegistry(server);
  }

  private static InetSocketAddress loopback() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  int port() {
    return server.getAddress().getPort();
  }

  String host() {
    return "127.0.0.1:" + port();
  }

  OciReference reference(String nameAndQualifier) {
    return OciReference.parse(host() + "/" + nameAndQualifier);
  }

  void manifest(String name, String qualifier, String mediaType, byte[] bytes) {
    contents.put("/v2/" + name + "/manifests/" + qualifier, new Content(mediaType, bytes));
  }

  void blob(String name, OciDigest digest, byte[] bytes) {
    contents.put(blobPath(name, digest), new Content("application/octet-stream", bytes));
  }

  static String blobPath(String name, OciDigest digest) {
    return "/v2/" + name + "/blobs/" + digest;
  }

  /** Answers a path in another way. */
  void on(String path, HttpHandler fault) {
    faults.put(path, fault);
  }

  void heal(String path) {
    faults.remove(path);
  }

  List<Seen> seen() {
    return seen;
  }

  List<Seen> seen(String path) {
    return seen.stream().filter(request -> request.path().equals(path)).toList();
  }

  private void handle(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    seen.add(
        new Seen(
            exchange.getRequestMethod(),
            path,
            exchange.getRequestURI().getQuery(),
            exchange.getRequestHeaders().getFirst("Authorization"),
            exchange.getRequestHeaders().getFirst("Range")));
    try (exchange) {
      HttpHandler fault = faults.get(path);
      if (fault != null) {
        fault.handle(exchange);
      } else {
        serve(exchange);
      }
    }
  }

  /** Answers as a registry that works. */
  void serve(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    Content content = contents.get(path);
    if (path.equals("/v2/")) {
      answer(exchange, 200, "{}");
    } else if (content == null) {
      answer(exchange, 404, error("MANIFEST_UNKNOWN", "manifest unknown"));
    } else {
      exchange.getResponseHeaders().set("Content-Type", content.mediaType());
      send(exchange, content.bytes());
    }
  }

  private static void send(HttpExchange exchange, byte[] bytes) throws IOException {
    String asked = exchange.getRequestHeaders().getFirst("Range");
    Matcher range = RANGE.matcher(asked == null ? "" : asked);
    int from = range.matches() ? Integer.parseInt(range.group(1)) : 0;
    if (from > 0) {
      exchange
          .getResponseHeaders()
          .set("Content-Range", "bytes %d-%d/%d".formatted(from, bytes.length - 1, bytes.length));
    }
    boolean head = exchange.getRequestMethod().equals("HEAD");
    if (head) {
      exchange.getResponseHeaders().set("Content-Length", String.valueOf(bytes.length));
    }
    exchange.sendResponseHeaders(from > 0 ? 206 : 200, head ? -1 : bytes.length - from);
    if (!head) {
      exchange.getResponseBody().write(bytes, from, bytes.length - from);
    }
  }

  static String error(String code, String message) {
    return "{\"errors\":[{\"code\":\"%s\",\"message\":\"%s\"}]}".formatted(code, message);
  }

  static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(status, head || bytes.length == 0 ? -1 : bytes.length);
    if (!head) {
      exchange.getResponseBody().write(bytes);
    }
  }

  /** Promises so many bytes, sends some, then breaks the connection. */
  static void breakOff(HttpExchange exchange, byte[] bytes, int after) throws IOException {
    exchange.sendResponseHeaders(200, bytes.length);
    OutputStream out = exchange.getResponseBody();
    out.write(bytes, 0, after);
    out.flush();
    throw new IOException("broken off, as the test wants it");
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
