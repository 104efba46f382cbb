// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

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
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A Debian mirror on loopback that passes a real one on, and breaks the connection in the middle of
 * packages as long as it is told to.
 */
final class Mirror implements AutoCloseable {
  private static final String UPSTREAM = "http://deb.debian.org";
  private static final List<String> PASSED_ON =
      List.of("Range", "If-Range", "If-Modified-Since", "User-Agent");

  /** Less than a quarter of the smallest package that is pulled: apt goes on where it stopped. */
  private static final int BROKEN_AFTER = 64 << 10;

  private final HttpClient client =
      HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).build();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer server;
  private final Set<String> packages = ConcurrentHashMap.newKeySet();
  private final AtomicInteger broken = new AtomicInteger();
  private volatile boolean breaking = true;

  Mirror() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::passOn);
    server.start();
  }

  String url(String archive) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/" + archive;
  }

  /** From now on all packages come whole. */
  void mend() {
    breaking = false;
  }

  /** How many connections were broken. */
  int broken() {
    return broken.get();
  }

  private void passOn(HttpExchange exchange) throws IOException {
    try (exchange) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create(UPSTREAM + exchange.getRequestURI().getRawPath()));
      for (String name : PASSED_ON) {
        String value = exchange.getRequestHeaders().getFirst(name);
        if (value != null) {
          request.header(name, value);
        }
      }
      HttpResponse<InputStream> response =
          client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
      for (String name : List.of("Last-Modified", "Content-Range", "ETag", "Accept-Ranges")) {
        response
            .headers()
            .firstValue(name)
            .ifPresent(value -> exchange.getResponseHeaders().add(name, value));
      }
      long length = response.headers().firstValueAsLong("Content-Length").orElse(0);
      boolean breaks = breaksAt(exchange.getRequestURI().getPath());
      exchange.sendResponseHeaders(response.statusCode(), length == 0 ? -1 : length);
      try (InputStream in = response.body()) {
        OutputStream out = exchange.getResponseBody();
        if (breaks) {
          out.write(in.readNBytes(BROKEN_AFTER));
          out.flush();
          broken.incrementAndGet();
          // Fewer bytes than announced: closing the exchange closes the connection.
        } else {
          in.transferTo(out);
          out.close();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The first package comes whole, so that the fault finds something done. */
  private boolean breaksAt(String path) {
    if (!path.endsWith(".deb")) {
      return false;
    }
    packages.add(path);
    return breaking && packages.size() > 1;
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
