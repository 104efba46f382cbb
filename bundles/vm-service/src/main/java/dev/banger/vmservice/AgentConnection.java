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
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one connection to a guest's agent, shared by all conversations. A reader and a writer thread
 * of its own keep callers from waiting on the guest in a way that could not be cancelled.
 */
final class AgentConnection implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AgentConnection.class);

  /** Frames that wait for a guest that does not read; times their largest size of 64 KiB. */
  private static final int LONGEST_QUEUE = 16;

  private static final Duration SHORT_PAUSE = Duration.ofMillis(100);

  /** An emulated guest under load reads this late. */
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

  private final String name;
  private final ByteChannel channel;
  private final FrameOutput out;
  private final InputStream in;
  private final ConcurrentMap<Integer, AgentStream> streams = new ConcurrentHashMap<>();
  private final AtomicInteger lastStream = new AtomicInteger();
  private final BlockingQueue<Frame> outgoing = new ArrayBlockingQueue<>(LONGEST_QUEUE);
  private final AtomicReference<BangerException> failure = new AtomicReference<>();
  private volatile AgentHello.Reply guest;
  private volatile long lastHeardNanos = System.nanoTime();
  private volatile Thread writer;

  private AgentConnection(String name, ByteChannel channel) {
    this.name = name;
    this.channel = channel;
    this.out = new FrameOutput(ChannelStreams.output(channel));
    this.in = new BufferedInputStream(ChannelStreams.input(channel), 64 * 1024);
  }

  /**
   * Opens the conversation on a channel: HELLO and its reply.
   *
   * @param name of the machine, for messages
   * @return owns the channel, which is closed when this fails
   */
  static AgentConnection open(String name, ByteChannel channel, Operation operation) {
    AgentConnection connection = new AgentConnection(name, channel);
    try {
      connection.greet(operation);
      return connection;
    } catch (BangerException | Error e) {
      connection.close();
      throw e;
    }
  }

  private void greet(Operation operation) {
    AgentHello hello = new AgentHello();
    // One thread greets and then reads on; closing the channel ends it when the operation ends.
    Thread reader =
        daemon(
            "reader",
            () -> {
              try {
                out.write(0, AgentProtocol.HELLO, hello.payload());
                guest = hello.await(in, operation);
              } catch (IOException | BangerException | Error e) {
                fail("the guest's agent did not answer: " + e.getMessage(), e);
                return;
              }
              readFrames();
            });
    reader.start();
    awaitGuest(operation);
    writer = daemon("writer", this::writeFrames);
    writer.start();
  }

  private void awaitGuest(Operation operation) {
    operation.await(() -> guest != null || failure.get() != null, Duration.ofMillis(5));
    BangerException broken = failure.get();
    if (broken != null) {
      throw again(broken);
    }
  }

  /** What the guest said about itself. */
  AgentHello.Reply guest() {
    return guest;
  }

  boolean isOpen() {
    return failure.get() == null;
  }

  /** Whether somebody works with the guest. */
  boolean isUsed() {
    return streams.values().stream().anyMatch(stream -> !stream.isBackground());
  }

  /** How long the guest has said nothing. */
  Duration silence() {
    return Duration.ofNanos(System.nanoTime() - lastHeardNanos);
  }

  /** Begins a conversation. */
  AgentStream stream() {
    return stream(false);
  }

  /**
   * Begins a conversation.
   *
   * @param background whether nobody works with it
   */
  AgentStream stream(boolean background) {
    int id = lastStream.updateAndGet(last -> last == Integer.MAX_VALUE ? 1 : last + 1);
    AgentStream stream = new AgentStream(this, id, background);
    streams.put(id, stream);
    BangerException broken = failure.get();
    if (broken != null) {
      streams.remove(id);
      throw again(broken);
    }
    return stream;
  }

  /**
   * Asks a question that is answered by one frame.
   *
   * @throws BangerException what {@link #refused} makes of the guest's ERROR
   */
  byte[] ask(int type, byte[] payload, Operation operation) {
    try (AgentStream stream = stream()) {
      stream.send(type, payload, operation);
      Frame answer = stream.next(operation);
      return switch (answer.type()) {
        case AgentProtocol.REPLY -> answer.payload();
        case AgentProtocol.ERROR -> throw refused(answer);
        default ->
            throw new BangerException(
                ErrorCode.OPERATION_FAILED, "the guest's agent answered with an unexpected frame");
      };
    }
  }

  private BangerException refused(Frame error) {
    boolean unknown =
        error.payload().length >= Integer.BYTES
            && ByteBuffer.wrap(error.payload()).getInt() == AgentProtocol.UNKNOWN_TYPE;
    String what =
        "the guest of %s runs an older agent, which cannot do this; restart it with: banger vm restart %s: "
            .formatted(name, name);
    return refused(error, ErrorCode.OPERATION_FAILED, unknown ? what : "");
  }

  /** An ERROR frame as an error for a person. */
  static BangerException refused(Frame frame, ErrorCode code, String what) {
    String text =
        AgentFields.text(
            AgentFields.parse(frame.payload(), Integer.BYTES),
            AgentProtocol.FIELD_ERROR_TEXT,
            "the guest's agent gave no reason");
    return new BangerException(code, what + text);
  }

  void send(int stream, int type, byte[] payload, Operation operation) {
    Frame frame = new Frame(stream, type, payload);
    try {
      while (!outgoing.offer(frame, SHORT_PAUSE.toMillis(), TimeUnit.MILLISECONDS)) {
        operation.check();
        checkOpen();
      }
      checkOpen();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BangerException(ErrorCode.CANCELLED, "interrupted", e);
    }
  }

  private void checkOpen() {
    BangerException broken = failure.get();
    if (broken != null) {
      throw again(broken);
    }
  }

  void release(AgentStream stream) {
    if (stream.isEnded()) {
      streams.remove(stream.id());
      return;
    }
    streams.remove(stream.id()); // numbers are not used again; what still comes is dropped
    if (!offerClose(new Frame(stream.id(), AgentProtocol.CLOSE, new byte[0]))) {
      fail("the guest's agent does not read", null);
    }
  }

  private boolean offerClose(Frame close) {
    try {
      // The first for a thread that was interrupted: a queue with room is no reason to give up.
      return outgoing.offer(close)
          || !isOpen()
          || outgoing.offer(close, CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public void close() {
    fail("the connection to the guest of " + name + " was closed", null);
  }

  /** Ends every conversation with a reason. */
  void fail(String reason, Throwable cause) {
    BangerException error = new BangerException(ErrorCode.OPERATION_FAILED, reason, cause);
    if (!failure.compareAndSet(null, error)) {
      return;
    }
    LOG.debug("{}: {}", name, reason);
    try {
      channel.close();
    } catch (IOException e) {
      LOG.debug("closing the channel of {} failed", name, e);
    }
    Thread writing = writer;
    if (writing != null) {
      writing.interrupt();
    }
    List.copyOf(streams.values()).forEach(stream -> stream.fail(error));
    streams.clear();
  }

  private void readFrames() {
    try {
      FrameInput frames = new FrameInput(in, AgentProtocol.LARGEST_PAYLOAD);
      for (Frame frame = frames.read(); frame != null; frame = frames.read()) {
        lastHeardNanos = System.nanoTime();
        AgentStream stream = streams.get(frame.stream());
        if (stream != null) {
          stream.accept(frame);
        } else if (frame.stream() == 0 && frame.type() == AgentProtocol.ERROR) {
          LOG.warn(
              "the agent of {} says: {}",
              name,
              refused(frame, ErrorCode.OPERATION_FAILED, "").getMessage());
        }
      }
      fail("the machine " + name + " has ended or closed its channel", null);
    } catch (IOException e) {
      fail("the connection to the guest of " + name + " broke: " + e.getMessage(), e);
    } catch (AgentStream.ProtocolViolation e) {
      LOG.warn("{}: {}", name, e.getMessage());
      fail(e.getMessage(), e);
    }
  }

  private void writeFrames() {
    try {
      while (isOpen()) {
        Frame frame = outgoing.take();
        out.write(frame.stream(), frame.type(), frame.payload());
      }
    } catch (IOException e) {
      fail("the connection to the guest of " + name + " broke: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      fail("the connection to the guest of " + name + " was closed", e);
    }
  }

  private Thread daemon(String role, Runnable work) {
    Thread thread = new Thread(work, "agent-" + name + "-" + role);
    thread.setDaemon(true);
    return thread;
  }

  /** The same error for another caller, with a stack of its own. */
  static BangerException again(BangerException error) {
    return new BangerException(error.code(), error.getMessage(), error);
  }
}
