// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.io.IOException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A VMM that hangs: its sockets are there and nobody takes who comes. */
@Timeout(60)
class LocalSocketTest {
  @TempDir Path home;
  private final List<SocketChannel> waiting = new ArrayList<>();
  private final ExecutorService threads = Executors.newSingleThreadExecutor();
  private Path socket;
  private ServerSocketChannel server;

  @BeforeEach
  void listen() throws IOException {
    socket = home.resolve("socket");
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket), 1);
    while (isTaken()) {
      assertThat(waiting).hasSizeLessThan(100);
    }
  }

  /** Whether one more may wait to be taken. */
  private boolean isTaken() throws IOException {
    SocketChannel next = SocketChannel.open(StandardProtocolFamily.UNIX);
    waiting.add(next);
    next.configureBlocking(false);
    try {
      return next.connect(UnixDomainSocketAddress.of(socket));
    } catch (SocketException e) {
      return false;
    }
  }

  @AfterEach
  void close() throws IOException {
    threads.shutdownNow();
    server.close();
    for (SocketChannel each : waiting) {
      each.close();
    }
  }

  @Test
  void whoever_is_not_taken_is_given_up_at_the_deadline() {
    Operation bounded = Operation.background().within(Duration.ofMillis(50));
    assertThatThrownBy(() -> LocalSocket.connect(socket, bounded))
        .isInstanceOfSatisfying(
            BangerException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED));
  }

  @Test
  void whoever_is_not_taken_leaves_when_cancelled() {
    Operation operation = Operation.background();
    Future<SocketChannel> connection = threads.submit(() -> LocalSocket.connect(socket, operation));
    operation.cancel("changed my mind");
    assertThatThrownBy(connection::get).hasMessageContaining("changed my mind");
  }

  @Test
  void whoever_waits_gets_the_place_of_one_that_is_taken() throws Exception {
    Future<SocketChannel> connection =
        threads.submit(() -> LocalSocket.connect(socket, Operation.background()));
    try (SocketChannel taken = server.accept();
        SocketChannel connected = connection.get()) {
      assertThat(taken.isConnected()).isTrue();
      assertThat(connected.isConnected()).isTrue();
      assertThat(connected.isBlocking()).isTrue();
    }
  }
}
