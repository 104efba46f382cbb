// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.wire.Frame;
import dev.banger.wire.FrameInput;
import dev.banger.wire.FrameOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.util.Arrays;
import java.util.stream.LongStream;

/** The guest's end of one connection, behaving as docs/guest-agent.md says. */
class FakeAgent {
  final FrameOutput out;
  private final FrameInput in;
  private final ByteChannel channel;
  private final Runnable powerOff;

  FakeAgent(ByteChannel channel, Runnable powerOff) {
    this.channel = channel;
    this.in = new FrameInput(ChannelStreams.input(channel), AgentProtocol.LARGEST_PAYLOAD);
    this.out = new FrameOutput(ChannelStreams.output(channel));
    this.powerOff = powerOff;
  }

  void serve() {
    try (channel) {
      for (Frame frame = in.read(); frame != null; frame = in.read()) {
        answer(frame);
      }
    } catch (IOException e) {
      // The host has closed the connection.
    }
  }

  void answer(Frame frame) throws IOException {
    behave(this, frame);
  }

  /** What an honest agent does. */
  static void behave(FakeAgent agent, Frame frame) throws IOException {
    FrameOutput out = agent.out;
    switch (frame.type()) {
      case AgentProtocol.HELLO -> agent.hello(frame);
      case AgentProtocol.PING, AgentProtocol.SYNC ->
          out.write(frame.stream(), AgentProtocol.REPLY, frame.payload());
      case AgentProtocol.GROW ->
          out.write(
              frame.stream(),
              AgentProtocol.REPLY,
              new AgentFields().add(AgentProtocol.FIELD_SIZE, longs(Long.MAX_VALUE)).payload());
      case AgentProtocol.STATISTICS ->
          out.write(
              frame.stream(),
              AgentProtocol.REPLY,
              new AgentFields()
                  .add(AgentProtocol.FIELD_UPTIME, longs(1))
                  .add(AgentProtocol.FIELD_MEMORY, longs(256 << 20, 128 << 20))
                  .add(AgentProtocol.FIELD_PROCESSOR_TIME, longs(2, 1))
                  .add(AgentProtocol.FIELD_LOAD, new byte[Integer.BYTES])
                  .add(AgentProtocol.FIELD_PROCESSES, new byte[Integer.BYTES])
                  .payload());
      case AgentProtocol.POWER_OFF -> {
        out.write(frame.stream(), AgentProtocol.REPLY, new byte[0]);
        agent.powerOff.run();
      }
      default -> {}
    }
  }

  private static byte[] longs(long... values) {
    ByteBuffer bytes = ByteBuffer.allocate(values.length * Long.BYTES);
    LongStream.of(values).forEach(bytes::putLong);
    return bytes.array();
  }

  private void hello(Frame frame) throws IOException {
    byte[] nonce = Arrays.copyOfRange(frame.payload(), Integer.BYTES, frame.payload().length);
    byte[] fields = new AgentFields().add(AgentProtocol.FIELD_BOOT_ID, "boot-1").payload();
    byte[] payload =
        ByteBuffer.allocate(Integer.BYTES + nonce.length + fields.length)
            .putInt(AgentProtocol.VERSION)
            .put(nonce)
            .put(fields)
            .array();
    // As after a reconnection: bytes of an earlier connection come first.
    out.write(7, AgentProtocol.STDOUT, new byte[] {1, 2, 3});
    out.write(0, AgentProtocol.HELLO_REPLY, payload);
  }
}
