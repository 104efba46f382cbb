// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.hostservice.JacksonJson;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ConnectionTest {
  @TempDir Path directory;
  private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
  private final Operations operations = new Operations();
  private Path socket;
  private ServerSocketChannel server;

  @BeforeEach
  void listen() throws IOException {
    socket = directory.resolve("socket");
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
  }

  @AfterEach
  void close() throws IOException {
    server.close();
    timer.shutdownNow();
  }

  @Test
  void a_request_for_which_there_is_no_thread_is_answered_and_forgotten() throws IOException {
    Executor exhausted =
        task -> {
          throw new OutOfMemoryError("unable to create native thread");
        };
    try (TestClient client = new TestClient(socket)) {
      client.send(MessageType.REQUEST, "{\"version\":1,\"method\":\"version\"}");
      new Connection(server.accept(), dispatcher(), channel -> true, exhausted, timer).run();
      assertThat(client.answer().message()).contains("native thread");
    }
    assertThat(operations.running()).isZero();
  }

  private Dispatcher dispatcher() {
    JacksonJson json = new JacksonJson();
    Services services = new Services(Duration.ZERO);
    Methods methods = new Methods(services, operations, json, Runnable::run, "1.2.3");
    return new Dispatcher(methods.table(), operations, json, Runnable::run);
  }
}
