// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.banger.error.BangerException;
import dev.banger.operation.Operation;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AgentHandoverTest {
  private SocketPair pair;
  private AgentConnection connection;

  @BeforeEach
  void connect() {
    pair = SocketPair.open();
    Thread agent = new Thread(new FakeAgent(pair.guest(), () -> {})::serve, "agent");
    agent.setDaemon(true);
    agent.start();
    connection = AgentConnection.open("web", pair.host(), limited());
  }

  @AfterEach
  void close() {
    connection.close();
  }

  @Test
  void a_successor_goes_on_with_what_was_left() {
    AgentHandover handover = AgentHandover.within(Duration.ofSeconds(30));
    handover.leave("0123456789ab", connection);
    AgentConnection successor = takeAll(handover).get("0123456789ab");
    assertThat(successor.guest()).isEqualTo(connection.guest());
    assertThat(ping(successor)).containsExactly(7);
    assertThat(ping(connection)).as("who still has the old one").containsExactly(7);
    assertThat(takeAll(handover)).as("left twice").isEmpty();
    successor.close();
    assertThat(connection.isOpen()).isFalse();
  }

  @Test
  void what_ends_meanwhile_is_not_taken() {
    AgentHandover handover = AgentHandover.within(Duration.ofSeconds(30));
    handover.leave("0123456789ab", connection);
    connection.close();
    assertThat(takeAll(handover)).isEmpty();
  }

  @Test
  void what_nobody_takes_is_closed() {
    AgentHandover handover = AgentHandover.within(Duration.ofMillis(10));
    handover.leave("0123456789ab", connection);
    limited().await(() -> !connection.isOpen(), Duration.ofMillis(2));
    assertThatThrownBy(() -> ping(connection)).hasMessageContaining("was closed");
    assertThat(takeAll(handover)).isEmpty();
  }

  @Test
  void parts_that_mean_something_else_are_let_go() {
    AtomicBoolean released = new AtomicBoolean();
    Map<String, Object> parts =
        new HashMap<>(AgentLine.make("web", () -> released.set(true)).parts());
    assertThat(AgentLine.of(parts)).isPresent();
    parts.put("format", 2);
    assertThat(AgentLine.of(parts)).isEmpty();
    assertThat(released).isTrue();
  }

  @Test
  void an_inherited_connection_is_outlived_once_nothing_runs_over_it() {
    assertThat(connection.isOutlived()).isFalse();
    AgentConnection successor = AgentConnection.inherit(connection.line());
    try (AgentStream stream = connection.stream(true)) {
      assertThat(successor.isOutlived()).isFalse();
      assertThat(successor.isUsed()).as("by somebody").isFalse();
    }
    assertThat(successor.isOutlived()).isTrue();
  }

  private static Map<String, AgentConnection> takeAll(AgentHandover handover) {
    Map<String, AgentConnection> taken = new LinkedHashMap<>();
    handover.takeAll(taken::put);
    return taken;
  }

  private static byte[] ping(AgentConnection connection) throws BangerException {
    return connection.ask(AgentProtocol.PING, new byte[] {7}, limited());
  }

  private static Operation limited() {
    return Operation.background().within(Duration.ofSeconds(20));
  }
}
