// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class QmpClientTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String EVENT =
      "{\"event\": \"RESUME\", \"timestamp\": {\"seconds\": 1, \"microseconds\": 2}}\r\n";
  private static final String DONE = "{\"return\": {}}\r\n";

  private final Operation operation = Operation.background();

  @TempDir Path home;

  @Test
  void capabilities_are_negotiated_before_a_command_is_sent() throws Exception {
    try (FakeQmp server =
        FakeQmp.on(socket(), FakeQmp.GREETING, DONE, "{\"return\": \"ok\\r\\n\"}\n")) {
      try (QmpClient client = QmpClient.connect(socket(), operation)) {
        assertThat(client.monitor("info \"usernet\"")).isEqualTo("ok");
      }

      assertThat(server.requests())
          .containsExactly(
              JSON.readTree("{\"execute\": \"qmp_capabilities\", \"arguments\": {}}"),
              JSON.readTree(
                  "{\"execute\": \"human-monitor-command\","
                      + " \"arguments\": {\"command-line\": \"info \\\"usernet\\\"\"}}"));
    }
  }

  @Test
  void events_between_a_command_and_its_reply_are_passed_over() throws Exception {
    try (FakeQmp server =
        FakeQmp.on(
            socket(),
            FakeQmp.GREETING + EVENT,
            EVENT + DONE + EVENT,
            EVENT + EVENT + "{\"return\": 5}\r\n" + EVENT)) {
      try (QmpClient client = QmpClient.connect(socket(), operation)) {
        assertThat(client.execute("query", Map.of()).asInt()).isEqualTo(5);
      }
      assertThat(server.requests()).hasSize(2);
    }
  }

  @Test
  void an_answer_may_come_in_pieces() throws Exception {
    String answer = "{\"return\": \"\u00e4\u00f6\u00fc " + "x".repeat(20_000) + "\"}\r\n";
    try (FakeQmp server = FakeQmp.inPieces(socket(), FakeQmp.GREETING, DONE, answer)) {
      try (QmpClient client = QmpClient.connect(socket(), operation)) {
        JsonNode returned = client.execute("query", Map.of());
        assertThat(returned.asText()).startsWith("\u00e4\u00f6\u00fc x").hasSize(20_004);
      }
      assertThat(server.requests()).hasSize(2);
    }
  }

  @Test
  void an_error_reply_is_told_in_qemus_words_and_the_conversation_goes_on() throws Exception {
    try (FakeQmp server =
        FakeQmp.on(
            socket(),
            FakeQmp.GREETING,
            DONE,
            "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no such thing\"}}\r\n",
            DONE)) {
      try (QmpClient client = QmpClient.connect(socket(), operation)) {
        assertThatThrownBy(() -> client.execute("query", Map.of()))
            .isInstanceOfSatisfying(BangerException.class, code(ErrorCode.OPERATION_FAILED))
            .hasMessage("QEMU refuses query: no such thing");
        assertThat(client.execute("query", Map.of())).isEmpty();
      }
      assertThat(server.requests()).hasSize(3);
    }
  }

  @Test
  void refused_capabilities_end_the_connection() throws Exception {
    try (FakeQmp server =
        FakeQmp.on(socket(), FakeQmp.GREETING, "{\"error\": {\"desc\": \"not now\"}}\n")) {
      assertThatThrownBy(() -> QmpClient.connect(socket(), operation))
          .isInstanceOfSatisfying(BangerException.class, code(ErrorCode.OPERATION_FAILED))
          .hasMessageContaining("not now");
      server.awaitDisconnection();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SSH-2.0-OpenSSH_9.2\r\n",
        "{\"QMP\": \n",
        "\n",
        "[]\n",
        "7\n",
        "null\n",
        "{}\n",
        "{\"return\": {}}\n",
        "\u0000\u0001\n",
        "{\"QMP\": 1} {\"QMP\": 2}\n"
      })
  void a_peer_that_speaks_something_else_is_refused(String greeting) throws Exception {
    try (FakeQmp server = FakeQmp.on(socket(), greeting)) {
      assertThatThrownBy(() -> QmpClient.connect(socket(), operation))
          .isInstanceOfSatisfying(BangerException.class, code(ErrorCode.OPERATION_FAILED));
      server.awaitDisconnection();
    }
  }

  @Test
  void garbage_instead_of_a_reply_is_told_in_a_short_message() throws Exception {
    try (FakeQmp server =
        FakeQmp.on(socket(), FakeQmp.GREETING, DONE, "garbage".repeat(10_000) + "\n")) {
      try (QmpClient client = QmpClient.connect(socket(), operation)) {
        assertThatThrownBy(() -> client.execute("query", Map.of()))
            .isInstanceOfSatisfying(
                BangerException.class,
                e -> {
                  assertThat(e.code()).isEqualTo(ErrorCode.OPERATION_FAILED);
                  assertThat(e.getMessage()).contains("garbage").hasSizeLessThan(400);
                });
      }
      assertThat(server.requests()).hasSize(2);
    }
  }

  @Test
  void a_line_without_an_end_is_given_up() throws Exception {
    try (FakeQmp server = FakeQmp.on(socket(), FakeQmp.GREETING, DONE, "x".repeat((1 << 20) + 1))) {
      try (QmpClient client = QmpClient.connect(socket(), operation)) {
        assertThatThrownBy(() -> client.execute("query", Map.of()))
            .isInstanceOfSatisfying(BangerException.class, code(ErrorCode.OPERATION_FAILED))
            .hasMessageContaining("too long");
      }
      server.awaitDisconnection();
    }
  }

  @Test
  void a_server_that_floods_with_events_is_given_up_at_the_deadline() throws Exception {
    try (FakeQmp server = FakeQmp.flooding(socket(), EVENT, FakeQmp.GREETING, DONE)) {
      Operation bounded = operation.within(Duration.ofMillis(300));
      assertThatThrownBy(
              () -> {
                try (QmpClient client = QmpClient.connect(socket(), bounded)) {
                  client.execute("query", Map.of());
                }
              })
          .isInstanceOfSatisfying(BangerException.class, code(ErrorCode.DEADLINE_EXCEEDED));
      server.awaitDisconnection();
    }
  }

  @Test
  void a_server_that_closes_is_one_that_does_not_run() throws Exception {
    try (FakeQmp server = FakeQmp.closing(socket(), FakeQmp.GREETING, DONE, "{\"retu")) {
      try (QmpClient client = QmpClient.connect(socket(), operation)) {
        assertThatThrownBy(() -> client.execute("quit", Map.of()))
            .isInstanceOfSatisfying(BangerException.class, code(ErrorCode.NOT_RUNNING));
        assertThatThrownBy(() -> client.execute("quit", Map.of()))
            .isInstanceOfSatisfying(BangerException.class, code(ErrorCode.NOT_RUNNING));
      }
      server.awaitDisconnection();
    }
  }

  @Test
  void a_server_that_closes_at_once_is_one_that_does_not_run() throws Exception {
    try (FakeQmp server = FakeQmp.closing(socket(), "")) {
      assertThatThrownBy(() -> QmpClient.connect(socket(), operation))
          .isInstanceOfSatisfying(BangerException.class, code(ErrorCode.NOT_RUNNING));
      server.awaitDisconnection();
    }
  }

  @Test
  void nobody_on_the_socket_is_one_that_does_not_run() throws Exception {
    assertThatThrownBy(() -> QmpClient.connect(socket(), operation))
        .isInstanceOfSatisfying(BangerException.class, code(ErrorCode.NOT_RUNNING));
    Files.createFile(socket());
    assertThatThrownBy(() -> QmpClient.connect(socket(), operation))
        .isInstanceOfSatisfying(BangerException.class, code(ErrorCode.NOT_RUNNING));
  }

  @Test
  void a_server_that_stalls_is_given_up_at_the_deadline() throws Exception {
    try (FakeQmp server = FakeQmp.on(socket(), "")) {
      assertThatThrownBy(() -> QmpClient.connect(socket(), operation.within(Duration.ofMillis(50))))
          .isInstanceOfSatisfying(BangerException.class, code(ErrorCode.DEADLINE_EXCEEDED));
      server.awaitDisconnection();
    }
  }

  @Test
  void a_server_that_stalls_is_left_when_the_operation_is_cancelled() throws Exception {
    try (FakeQmp server = FakeQmp.on(socket(), FakeQmp.GREETING, DONE, "")) {
      try (QmpClient client = QmpClient.connect(socket(), operation)) {
        server.whenRequested(2, () -> operation.cancel("changed my mind"));
        assertThatThrownBy(() -> client.execute("query", Map.of()))
            .isInstanceOfSatisfying(BangerException.class, code(ErrorCode.CANCELLED))
            .hasMessage("changed my mind");
      }
      server.awaitDisconnection();
    }
  }

  @Test
  void a_server_that_does_not_read_is_given_up_at_the_deadline() throws Exception {
    try (FakeQmp server = FakeQmp.deafAfter(socket(), 1, FakeQmp.GREETING, DONE)) {
      Operation bounded = operation.within(Duration.ofSeconds(5));
      try (QmpClient client = QmpClient.connect(socket(), bounded)) {
        Map<String, List<String>> bulk = Map.of("words", List.of("x".repeat(4 << 20)));
        assertThatThrownBy(() -> client.execute("query", bulk))
            .isInstanceOfSatisfying(BangerException.class, code(ErrorCode.DEADLINE_EXCEEDED));
      }
      assertThat(server.requests()).hasSize(1);
    }
  }

  @Test
  void a_cancelled_operation_connects_nowhere() throws Exception {
    operation.cancel("changed my mind");
    try (FakeQmp server = FakeQmp.on(socket(), FakeQmp.GREETING, DONE)) {
      assertThatThrownBy(() -> QmpClient.connect(socket(), operation))
          .isInstanceOfSatisfying(BangerException.class, code(ErrorCode.CANCELLED));
      assertThat(server.requests()).isEmpty();
    }
  }

  private Path socket() {
    return home.resolve("qmp.sock");
  }

  private static Consumer<BangerException> code(ErrorCode code) {
    return e -> assertThat(e.code()).as(e.getMessage()).isEqualTo(code);
  }
}
