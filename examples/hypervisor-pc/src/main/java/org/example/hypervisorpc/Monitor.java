// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.hypervisorpc;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** A conversation with QEMU (QMP). Every wait is bounded. For one thread. */
final class Monitor implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);
  private static final Duration PAUSE = Duration.ofMillis(2);
  private static final int LONGEST_LINE = 1 << 20;

  private final SocketChannel channel;
  private final Operation operation;
  private final ByteBuffer received = ByteBuffer.allocate(8192).flip();

  private Monitor(SocketChannel channel, Operation operation) {
    this.channel = channel;
    this.operation = operation;
  }

  /**
   * Connects and negotiates.
   *
   * @throws BangerException NOT_RUNNING, OPERATION_FAILED, DEADLINE_EXCEEDED, CANCELLED
   */
  static Monitor connect(Path socket, Operation operation) {
    Monitor monitor = new Monitor(open(socket), operation.within(LONGEST_WAIT));
    try {
      monitor.channel.configureBlocking(false);
      monitor.read(); // the greeting
      monitor.execute("qmp_capabilities", Map.of());
      return monitor;
    } catch (IOException | RuntimeException e) {
      monitor.close();
      throw e instanceof BangerException refusal ? refusal : gone(e);
    }
  }

  /** A connection to a socket of QEMU, in blocking mode. */
  static SocketChannel open(Path socket) {
    try {
      return SocketChannel.open(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      throw gone(e);
    }
  }

  /**
   * Runs a command.
   *
   * @throws BangerException OPERATION_FAILED with QEMU's own words
   */
  JsonNode execute(String command, Map<String, ?> arguments) {
    write(JSON.valueToTree(Map.of("execute", command, "arguments", arguments)) + "\n");
    while (true) {
      JsonNode answer = read();
      if (answer.has("return")) {
        return answer.get("return");
      }
      if (answer.has("error")) {
        throw new BangerException(
            ErrorCode.OPERATION_FAILED, "QEMU: " + answer.path("error").path("desc").asText());
      } // else it is an event
    }
  }

  /** Runs a command of the monitor for people; silence is success. */
  String say(String line) {
    return execute("human-monitor-command", Map.of("command-line", line)).asText().strip();
  }

  private void write(String line) {
    ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8));
    try {
      while (bytes.hasRemaining()) {
        if (channel.write(bytes) == 0) {
          operation.pause(PAUSE);
        }
      }
    } catch (IOException e) {
      throw gone(e);
    }
  }

  private JsonNode read() {
    try {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      for (int next = next(); next != '\n'; next = next()) {
        if (line.size() == LONGEST_LINE) {
          throw new BangerException(ErrorCode.OPERATION_FAILED, "QEMU's answer is too long");
        }
        line.write(next);
      }
      return JSON.readTree(line.toByteArray());
    } catch (JsonProcessingException e) {
      throw new BangerException(ErrorCode.OPERATION_FAILED, "QEMU's answer is not JSON", e);
    } catch (IOException e) {
      throw gone(e);
    }
  }

  private byte next() throws IOException {
    while (!received.hasRemaining()) {
      operation.check();
      int count = channel.read(received.clear());
      received.flip();
      if (count < 0) {
        throw new IOException("it closed its control socket");
      }
      if (count == 0) {
        operation.pause(PAUSE);
      }
    }
    return received.get();
  }

  private static BangerException gone(Exception cause) {
    return new BangerException(
        ErrorCode.NOT_RUNNING, "QEMU does not answer: " + cause.getMessage(), cause);
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // The conversation is over either way.
    }
  }
}
