// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * One conversation with QEMU's control socket (QMP, docs/interop/qmp-spec in QEMU's sources). Every
 * wait is bounded. For use by one thread.
 */
final class QmpClient implements AutoCloseable {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private static final int LONGEST_LINE = 1 << 20;
  private static final int LONGEST_QUOTE = 200;
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

  private final SocketChannel channel;
  private final Selector selector;
  private final Operation operation;
  private final ByteBuffer received = ByteBuffer.allocate(8192).flip();

  private QmpClient(SocketChannel channel, Selector selector, Operation operation) {
    this.channel = channel;
    this.selector = selector;
    this.operation = operation;
  }

  /**
   * Connects and negotiates.
   *
   * @throws BangerException NOT_RUNNING, OPERATION_FAILED when the peer speaks something else,
   *     DEADLINE_EXCEEDED, CANCELLED
   */
  static QmpClient connect(Path socket, Operation operation) {
    Operation bounded = operation.within(LONGEST_WAIT);
    QmpClient client = open(LocalSocket.connect(socket, bounded), bounded);
    boolean negotiated = false;
    try {
      if (!client.read().has("QMP")) {
        throw new BangerException(
            ErrorCode.OPERATION_FAILED, "%s does not speak QMP".formatted(socket));
      }
      client.execute("qmp_capabilities", Map.of());
      negotiated = true;
      return client;
    } finally {
      if (!negotiated) {
        client.close();
      }
    }
  }

  private static QmpClient open(SocketChannel channel, Operation operation) {
    try {
      Selector selector = Selector.open();
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_READ);
      return new QmpClient(channel, selector, operation);
    } catch (IOException e) {
      closeQuietly(channel);
      throw new BangerException(
          ErrorCode.OPERATION_FAILED, "QEMU's control socket fails: " + e.getMessage(), e);
    }
  }

  /**
   * Runs a command.
   *
   * @return what it returned
   * @throws BangerException OPERATION_FAILED with QEMU's own words
   */
  JsonNode execute(String command, Map<String, ?> arguments) {
    ObjectNode request = JSON.createObjectNode().put("execute", command);
    request.set("arguments", JSON.valueToTree(arguments));
    write(request + "\n");
    while (true) {
      JsonNode answer = read();
      if (answer.has("return")) {
        return answer.get("return");
      }
      if (answer.has("error")) {
        throw new BangerException(
            ErrorCode.OPERATION_FAILED,
            "QEMU refuses %s: %s".formatted(command, answer.path("error").path("desc").asText()));
      }
      // Anything else is an event.
    }
  }

  /**
   * Runs a command of the human monitor; what it says is its answer, empty when it has nothing to
   * say.
   */
  String monitor(String line) {
    return execute("human-monitor-command", Map.of("command-line", line)).asText().strip();
  }

  private void write(String line) {
    ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8));
    try {
      while (bytes.hasRemaining()) {
        operation.check();
        if (channel.write(bytes) == 0) {
          operation.pause(Duration.ofMillis(5));
        }
      }
    } catch (IOException e) {
      throw new BangerException(ErrorCode.NOT_RUNNING, "QEMU went away: " + e.getMessage(), e);
    }
  }

  private JsonNode read() {
    String line = readLine();
    try {
      return JSON.readTree(line);
    } catch (JsonProcessingException e) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED, "QEMU's answer is not JSON: " + beginning(line), e);
    }
  }

  private static String beginning(String line) {
    return line.length() <= LONGEST_QUOTE ? line : line.substring(0, LONGEST_QUOTE) + "...";
  }

  private String readLine() {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (true) {
      while (received.hasRemaining()) {
        byte next = received.get();
        if (next == '\n') {
          return line.toString(StandardCharsets.UTF_8);
        }
        if (line.size() == LONGEST_LINE) {
          throw new BangerException(ErrorCode.OPERATION_FAILED, "QEMU's answer is too long");
        }
        line.write(next);
      }
      receive();
    }
  }

  private void receive() {
    operation.check();
    received.clear();
    try (Operation.Registration wakeUp = operation.onCancel(selector::wakeup)) {
      selector.select(Math.max(1, operation.remaining().orElse(LONGEST_WAIT).toMillis()));
      selector.selectedKeys().clear();
      if (channel.read(received) < 0) {
        throw new BangerException(ErrorCode.NOT_RUNNING, "QEMU closed its control socket");
      }
    } catch (IOException e) {
      throw new BangerException(ErrorCode.NOT_RUNNING, "QEMU went away: " + e.getMessage(), e);
    } finally {
      received.flip();
    }
  }

  private static void closeQuietly(AutoCloseable resource) {
    try {
      resource.close();
    } catch (Exception e) {
      // The conversation is over either way.
    }
  }

  @Override
  public void close() {
    closeQuietly(selector);
    closeQuietly(channel);
  }
}
