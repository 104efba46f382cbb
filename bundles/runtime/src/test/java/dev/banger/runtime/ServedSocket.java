// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.hostservice.JacksonJson;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A server on a socket of its own, for each test. */
abstract class ServedSocket {
  @TempDir Path directory;
  final Services services = new Services(Duration.ofMillis(50));
  final Operations operations = new Operations();
  RpcServer server;
  Path socket;

  @BeforeEach
  void start() throws IOException {
    socket = directory.resolve("bangerd.sock");
    server = start(new OwnerAndRoot(directory));
  }

  RpcServer start(PeerCheck peers) throws IOException {
    return new RpcServer(socket, peers, services, operations, new JacksonJson(), "1.2.3");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  void command(FakeCommands.Command command) {
    services.commands = new FakeCommands(command);
  }

  TestClient.Answer call(String method, String parameters) throws IOException {
    return TestClient.call(socket, method, parameters);
  }

  void assertAlive() throws IOException {
    assertThat(call("version", "{}").result()).isEqualTo(Map.of("version", "1.2.3", "protocol", 1));
  }
}
