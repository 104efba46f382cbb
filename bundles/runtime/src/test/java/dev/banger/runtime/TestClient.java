// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.hostservice.JacksonJson;
import dev.banger.wire.Frame;
import dev.banger.wire.FrameInput;
import dev.banger.wire.FrameOutput;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A client of the socket that says what it is told to say. */
final class TestClient implements AutoCloseable {
  private static final JacksonJson JSON = new JacksonJson();

  private final SocketChannel channel;
  private final FrameInput in;
  private final FrameOutput out;

  TestClient(Path socket) throws IOException {
    channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
    InputStream stream = SocketStreams.input(channel);
    in = new FrameInput(stream, MessageType.DAEMON_FRAME_LIMIT);
    out = new FrameOutput(new SocketStreams.Output(channel));
  }

  /** An answer and what came before it. */
  record Answer(int type, Map<?, ?> fields, List<Frame> before) {
    Object result() {
      assertThat(type).as("%s", fields).isEqualTo(MessageType.RESULT);
      return fields.get("result");
    }

    String error() {
      assertThat(type).as("%s", fields).isEqualTo(MessageType.ERROR);
      return (String) fields.get("code");
    }

    String message() {
      return (String) fields.get("message");
    }

    String output(int frameType) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      before.stream()
          .filter(frame -> frame.type() == frameType)
          .forEach(frame -> bytes.writeBytes(frame.payload()));
      return bytes.toString(StandardCharsets.UTF_8);
    }
  }

  static Answer call(Path socket, String method, String parameters) throws IOException {
    try (TestClient client = new TestClient(socket)) {
      client.request(method, parameters);
      return client.answer();
    }
  }

  void request(String method, String parameters) throws IOException {
    send(
        MessageType.REQUEST,
        "{\"version\":1,\"method\":\"" + method + "\",\"params\":" + parameters + "}");
  }

  void send(int type, String text) throws IOException {
    send(type, text.getBytes(StandardCharsets.UTF_8));
  }

  void send(int type, byte[] payload) throws IOException {
    out.write(0, type, payload);
  }

  void raw(byte[] bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  void endSending() throws IOException {
    channel.shutdownOutput();
  }

  Frame read() throws IOException {
    return in.read();
  }

  /** Reads until a frame of that type. */
  Frame await(int type) throws IOException {
    for (Frame frame = read(); frame != null; frame = read()) {
      if (frame.type() == type) {
        return frame;
      }
    }
    throw new AssertionError("the connection ended before a frame of type " + type);
  }

  Answer answer() throws IOException {
    List<Frame> before = new ArrayList<>();
    for (Frame frame = read(); frame != null; frame = read()) {
      if (frame.type() == MessageType.RESULT || frame.type() == MessageType.ERROR) {
        String text = new String(frame.payload(), StandardCharsets.UTF_8);
        Map<?, ?> fields = JSON.read(text, Map.class);
        assertThat((String) fields.get("op_id")).startsWith("op-");
        return new Answer(frame.type(), fields, before);
      }
      before.add(frame);
    }
    throw new AssertionError("no answer");
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
