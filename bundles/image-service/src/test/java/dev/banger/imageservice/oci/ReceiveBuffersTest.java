// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** In processes of their own, because the client reads the size once. */
class ReceiveBuffersTest {
  private static final int JAVAS_OWN = 16 << 10;
  private static final int BODY = 16 << 20;

  @TempDir Path directory;
  private HttpServer server;

  @BeforeEach
  void serve() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, BODY);
          try (OutputStream out = exchange.getResponseBody()) {
            out.write(new byte[BODY]);
          }
        });
    server.start();
  }

  @AfterEach
  void end() {
    server.stop(0);
  }

  @Test
  void pieces_of_a_body_are_larger_than_javas_own() throws Exception {
    assertThat(largestPiece()).isGreaterThan(JAVAS_OWN).isLessThanOrEqualTo(ReceiveBuffers.BYTES);
  }

  @Test
  void a_size_that_somebody_chose_stays() throws Exception {
    assertThat(largestPiece("-D" + ReceiveBuffers.PROPERTY + "=" + JAVAS_OWN))
        .isPositive()
        .isLessThanOrEqualTo(JAVAS_OWN);
  }

  private int largestPiece(String... options) throws Exception {
    String address = "http://127.0.0.1:" + server.getAddress().getPort() + "/";
    ProcessBuilder builder =
        OtherProcess.running(PrintLargestPiece.class, directory.toString(), address);
    builder.environment().put("JDK_JAVA_OPTIONS", String.join(" ", options));
    Process process = builder.start();
    List<String> lines;
    try (BufferedReader out = process.inputReader()) {
      lines = out.lines().toList();
    } finally {
      process.destroyForcibly().waitFor();
    }
    assertThat(lines).isNotEmpty();
    return Integer.parseInt(lines.get(lines.size() - 1));
  }
}
