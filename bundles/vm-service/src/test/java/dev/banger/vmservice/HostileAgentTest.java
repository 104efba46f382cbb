// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.ExecStreams;
import dev.banger.operation.Operation;
import dev.banger.wire.Frame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A guest is not trusted: whatever its agent sends, the host neither hangs nor believes it. */
@Timeout(60)
class HostileAgentTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  @Test
  void bytes_of_an_earlier_connection_are_dropped_and_the_agent_answers() {
    AgentConnection connection = connect(pair -> new FakeAgent(pair.guest(), () -> {}));
    assertThat(connection.guest().bootId()).isEqualTo("boot-1");
    byte[] answer = connection.ask(AgentProtocol.PING, new byte[] {5}, limited());
    assertThat(answer).containsExactly(5);
  }

  @Test
  void another_nonce_is_no_answer() {
    assertThatThrownBy(
            () ->
                open(
                    pair ->
                        agent(
                            pair,
                            (agent, frame) ->
                                agent.out.write(
                                    0,
                                    AgentProtocol.HELLO_REPLY,
                                    ByteBuffer.allocate(20).putInt(1).array())),
                    Duration.ofMillis(100)))
        .isInstanceOfSatisfying(
            BangerException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED));
  }

  @Test
  void another_version_is_refused_with_its_number() {
    assertThatThrownBy(
            () ->
                connect(
                    pair ->
                        agent(
                            pair,
                            (agent, frame) -> {
                              byte[] payload = frame.payload().clone();
                              ByteBuffer.wrap(payload).putInt(9);
                              agent.out.write(0, AgentProtocol.HELLO_REPLY, payload);
                            })))
        .hasMessageContaining("version 9");
  }

  @Test
  void endless_noise_ends_with_the_time() {
    assertThatThrownBy(
            () ->
                open(
                    pair ->
                        agent(
                            pair,
                            (agent, frame) -> {
                              while (true) {
                                agent.out.write(1, AgentProtocol.STDOUT, new byte[100]);
                              }
                            }),
                    Duration.ofMillis(100)))
        .isInstanceOf(BangerException.class);
  }

  @Test
  void a_frame_that_is_too_long_breaks_the_connection() {
    assertBroken(
        (agent, frame) ->
            agent.out.write(
                frame.stream(), AgentProtocol.REPLY, new byte[AgentProtocol.LARGEST_PAYLOAD + 1]),
        "longer than the limit");
  }

  @Test
  void output_that_was_not_granted_breaks_the_connection() {
    assertBroken(
        (agent, frame) -> agent.out.write(frame.stream(), AgentProtocol.STDOUT, new byte[1]),
        "more output than was granted");
  }

  @Test
  void a_window_of_another_size_breaks_the_connection() {
    assertBroken(
        (agent, frame) -> agent.out.write(frame.stream(), AgentProtocol.WINDOW, new byte[3]),
        "WINDOW");
  }

  @Test
  void frames_of_unknown_streams_and_types_are_dropped() {
    AgentConnection connection =
        connect(
            pair ->
                agent(
                    pair,
                    (agent, frame) -> {
                      if (frame.type() == AgentProtocol.PING) {
                        agent.out.write(12345, AgentProtocol.REPLY, new byte[1]);
                        agent.out.write(frame.stream(), 0x7f, new byte[1]);
                      }
                      FakeAgent.behave(agent, frame);
                    }));
    assertThat(connection.ask(AgentProtocol.PING, new byte[] {6}, limited())).containsExactly(6);
    assertThat(connection.isOpen()).isTrue();
  }

  @Test
  void a_reason_reaches_the_terminal_without_its_control_characters() {
    byte[] reason = ByteBuffer.allocate(4).putInt(2).array();
    byte[] fields =
        new AgentFields()
            .add(AgentProtocol.FIELD_ERROR_TEXT, "no \u001b]0;such\u0007 thing")
            .payload();
    byte[] payload = new byte[reason.length + fields.length];
    System.arraycopy(reason, 0, payload, 0, reason.length);
    System.arraycopy(fields, 0, payload, reason.length, fields.length);
    AgentConnection connection =
        connect(
            pair ->
                agent(
                    pair,
                    (agent, frame) -> {
                      if (frame.type() == AgentProtocol.PING) {
                        agent.out.write(frame.stream(), AgentProtocol.ERROR, payload);
                      } else {
                        FakeAgent.behave(agent, frame);
                      }
                    }));
    Throwable error =
        catchThrowable(() -> connection.ask(AgentProtocol.PING, new byte[0], limited()));
    assertThat(error).isInstanceOf(BangerException.class).hasMessageContaining("such");
    assertThat(error.getMessage().chars().anyMatch(Character::isISOControl)).isFalse();
  }

  @Test
  void an_agent_that_does_not_know_a_type_is_called_older() {
    byte[] text = new AgentFields().add(AgentProtocol.FIELD_ERROR_TEXT, "unknown").payload();
    byte[] refusal = ByteBuffer.allocate(4 + text.length).putInt(95).put(text).array();
    AgentConnection connection =
        connect(
            pair ->
                agent(
                    pair,
                    (agent, frame) -> {
                      if (frame.type() == AgentProtocol.STATISTICS) {
                        agent.out.write(frame.stream(), AgentProtocol.ERROR, refusal);
                      } else {
                        FakeAgent.behave(agent, frame);
                      }
                    }));
    assertThatThrownBy(() -> connection.ask(AgentProtocol.STATISTICS, new byte[0], limited()))
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OPERATION_FAILED))
        .hasMessageContaining("older agent")
        .hasMessageContaining("banger vm restart web");
    assertThat(connection.ask(AgentProtocol.PING, new byte[] {1}, limited())).containsExactly(1);
  }

  @Test
  void a_command_without_an_exit_status_fails() {
    AgentConnection connection =
        connect(
            pair ->
                agent(
                    pair,
                    (agent, frame) -> {
                      if (frame.type() == AgentProtocol.EXEC) {
                        agent.out.write(frame.stream(), AgentProtocol.EXIT, new byte[3]);
                      } else {
                        FakeAgent.behave(agent, frame);
                      }
                    }));
    assertThatThrownBy(
            () ->
                new GuestCommand(connection, AgentProtocol.EXEC, new byte[0], "")
                    .run(streams(new ByteArrayOutputStream()), limited()))
        .hasMessageContaining("no exit status");
  }

  @Test
  void a_command_with_one_delivers_its_output() {
    AgentConnection connection =
        connect(
            pair ->
                agent(
                    pair,
                    (agent, frame) -> {
                      if (frame.type() == AgentProtocol.WINDOW) {
                        agent.out.write(
                            frame.stream(),
                            AgentProtocol.STDOUT,
                            "hello".getBytes(StandardCharsets.UTF_8));
                        agent.out.write(
                            frame.stream(),
                            AgentProtocol.EXIT,
                            ByteBuffer.allocate(8).putInt(1).putInt(9).array());
                      } else {
                        FakeAgent.behave(agent, frame);
                      }
                    }));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int status =
        new GuestCommand(connection, AgentProtocol.EXEC, new byte[0], "")
            .run(streams(out), limited());
    assertThat(status).isEqualTo(128 + 9);
    assertThat(out).hasToString("hello");
  }

  @Test
  void a_command_whose_agent_has_died_ends_with_an_error() {
    AgentConnection connection =
        connect(
            pair ->
                agent(
                    pair,
                    (agent, frame) -> {
                      if (frame.type() == AgentProtocol.HELLO) {
                        FakeAgent.behave(agent, frame);
                      }
                    }));
    assertThatThrownBy(
            () ->
                new GuestCommand(
                        connection,
                        AgentProtocol.EXEC,
                        new byte[0],
                        "",
                        Duration.ofMillis(20),
                        Duration.ofMillis(100))
                    .run(streams(new ByteArrayOutputStream()), limited()))
        .hasMessageContaining("agent has not answered");
  }

  @Test
  void a_silent_command_whose_agent_answers_goes_on_to_its_end() {
    AtomicInteger stream = new AtomicInteger();
    AtomicInteger pings = new AtomicInteger();
    AgentConnection connection =
        connect(
            pair ->
                agent(
                    pair,
                    (agent, frame) -> {
                      if (frame.type() == AgentProtocol.EXEC) {
                        stream.set(frame.stream());
                      }
                      FakeAgent.behave(agent, frame);
                      if (frame.type() == AgentProtocol.PING && pings.incrementAndGet() == 3) {
                        agent.out.write(stream.get(), AgentProtocol.EXIT, new byte[8]);
                      }
                    }));
    int status =
        new GuestCommand(
                connection,
                AgentProtocol.EXEC,
                new byte[0],
                "",
                Duration.ofMillis(20),
                Duration.ofSeconds(30))
            .run(streams(new ByteArrayOutputStream()), limited());
    assertThat(status).isZero();
    assertThat(pings).hasValueGreaterThanOrEqualTo(3);
  }

  @Property(tries = 100)
  void any_bytes_end_a_question_one_way_or_the_other(@ForAll @Size(max = 200) byte[] bytes)
      throws Exception {
    AgentConnection connection =
        connect(
            pair ->
                agent(
                    pair,
                    (agent, frame) -> {
                      if (frame.type() == AgentProtocol.HELLO) {
                        FakeAgent.behave(agent, frame);
                        return;
                      }
                      ByteBuffer raw = ByteBuffer.wrap(bytes);
                      while (raw.hasRemaining()) {
                        pair.guest().write(raw);
                      }
                      pair.guest().close();
                    }));
    Throwable outcome =
        catchThrowable(() -> connection.ask(AgentProtocol.PING, new byte[0], limited()));
    assertThat(outcome)
        .isInstanceOfSatisfying(
            BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OPERATION_FAILED));
    close();
  }

  private void assertBroken(Behaviour answerToPing, String reason) {
    AgentConnection connection =
        connect(
            pair ->
                agent(
                    pair,
                    (agent, frame) -> {
                      if (frame.type() == AgentProtocol.PING) {
                        answerToPing.answer(agent, frame);
                      } else {
                        FakeAgent.behave(agent, frame);
                      }
                    }));
    assertThatThrownBy(() -> connection.ask(AgentProtocol.PING, new byte[0], limited()))
        .hasMessageContaining(reason);
    assertThat(connection.isOpen()).isFalse();
  }

  private AgentConnection connect(Function<SocketPair, FakeAgent> guest) {
    return open(guest, LIMIT);
  }

  private AgentConnection open(Function<SocketPair, FakeAgent> guest, Duration limit) {
    SocketPair pair = SocketPair.open();
    open.add(pair.guest());
    open.add(pair.host());
    Thread thread = new Thread(guest.apply(pair)::serve, "hostile-agent");
    thread.setDaemon(true);
    thread.start();
    AgentConnection connection =
        AgentConnection.open("web", pair.host(), Operation.background().within(limit));
    open.add(connection);
    return connection;
  }

  private static FakeAgent agent(SocketPair pair, Behaviour behaviour) {
    return new FakeAgent(pair.guest(), () -> {}) {
      @Override
      void answer(Frame frame) throws IOException {
        behaviour.answer(this, frame);
      }
    };
  }

  private static Operation limited() {
    return Operation.background().within(LIMIT);
  }

  private static ExecStreams streams(OutputStream out) {
    return new ExecStreams() {
      @Override
      public InputStream stdin() {
        return InputStream.nullInputStream();
      }

      @Override
      public OutputStream stdout() {
        return out;
      }

      @Override
      public OutputStream stderr() {
        return out;
      }
    };
  }

  @FunctionalInterface
  private interface Behaviour {
    void answer(FakeAgent agent, Frame frame) throws IOException;
  }
}
