// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.wire.Frame;
import dev.banger.wire.FrameInput;
import dev.banger.wire.FrameOutput;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The channel of a connection, and the two threads that read and write it. */
final class AgentChannel implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AgentChannel.class);

  private final ByteChannel channel;
  private final FrameOutput out;
  private final InputStream in;
  private volatile Thread writer;

  AgentChannel(ByteChannel channel) {
    this.channel = channel;
    this.out = new FrameOutput(ChannelStreams.output(channel));
    this.in = new BufferedInputStream(ChannelStreams.input(channel), 64 * 1024);
  }

  /** Exchanges HELLO and its reply; the threads serve the connection from then on. */
  void start(AgentConnection connection, Operation operation) {
    AgentLine line = connection.line();
    AgentHello hello = new AgentHello();
    // One thread greets and then reads on; closing the channel ends it when the operation ends.
    daemon(
            line,
            "reader",
            () -> {
              try {
                out.write(0, AgentProtocol.HELLO, hello.payload());
                line.guest().putAll(hello.await(in, operation).fields());
              } catch (IOException | BangerException | Error e) {
                connection.fail("the guest's agent did not answer: " + e.getMessage(), e);
                return;
              }
              readFrames(connection);
            })
        .start();
    operation.await(() -> !line.guest().isEmpty() || !connection.isOpen(), Duration.ofMillis(5));
    connection.checkOpen();
    writer = daemon(line, "writer", () -> writeFrames(connection));
    writer.start();
  }

  private void readFrames(AgentConnection connection) {
    AgentLine line = connection.line();
    try {
      FrameInput frames = new FrameInput(in, AgentProtocol.LARGEST_PAYLOAD);
      for (Frame frame = frames.read(); frame != null; frame = frames.read()) {
        line.lastHeardNanos().set(System.nanoTime());
        BiConsumer<Frame, BangerException> stream = line.streams().get(frame.stream());
        if (stream != null) {
          stream.accept(frame, null);
        } else if (frame.stream() == 0 && frame.type() == AgentProtocol.ERROR) {
          LOG.warn(
              "the agent of {} says: {}",
              line.name(),
              AgentConnection.refused(frame, ErrorCode.OPERATION_FAILED, "").getMessage());
        }
      }
      connection.fail("the machine " + line.name() + " has ended or closed its channel", null);
    } catch (IOException e) {
      connection.fail(broke(line, e), e);
    } catch (BangerException e) {
      LOG.warn("{}: {}", line.name(), e.getMessage());
      connection.fail(e.getMessage(), e);
    }
  }

  private void writeFrames(AgentConnection connection) {
    AgentLine line = connection.line();
    try {
      while (connection.isOpen()) {
        Frame frame = line.outgoing().take();
        out.write(frame.stream(), frame.type(), frame.payload());
      }
    } catch (IOException e) {
      connection.fail(broke(line, e), e);
    } catch (InterruptedException e) {
      connection.fail("the connection to the guest of " + line.name() + " was closed", e);
    }
  }

  private static String broke(AgentLine line, IOException e) {
    return "the connection to the guest of " + line.name() + " broke: " + e.getMessage();
  }

  /** Lets go of the channel and ends the threads. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      LOG.debug("closing the channel of a guest failed", e);
    }
    Thread writing = writer;
    if (writing != null) {
      writing.interrupt();
    }
  }

  private static Thread daemon(AgentLine line, String role, Runnable work) {
    Thread thread = new Thread(work, "agent-" + line.name() + "-" + role);
    thread.setDaemon(true);
    return thread;
  }
}
