// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.wire.Frame;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one connection to a guest's agent, shared by all conversations. A reader and a writer thread
 * keep callers from waiting on the guest in a way that could not be cancelled. A later version of
 * this bundle can {@link #inherit} it.
 */
final class AgentConnection implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AgentConnection.class);

  private static final Duration SHORT_PAUSE = Duration.ofMillis(100);

  /** An emulated guest under load reads this late. */
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

  private final AgentLine line;
  private final boolean inherited;

  private AgentConnection(AgentLine line, boolean inherited) {
    this.line = line;
    this.inherited = inherited;
  }

  /**
   * Opens the conversation on a channel: HELLO and its reply.
   *
   * @param name of the machine, for messages
   * @return owns the channel, which is closed when this fails
   */
  static AgentConnection open(String name, ByteChannel channel, Operation operation) {
    AgentChannel pump = new AgentChannel(channel);
    AgentConnection connection = new AgentConnection(AgentLine.make(name, pump::close), false);
    try {
      pump.start(connection, operation);
      return connection;
    } catch (BangerException | Error e) {
      connection.close();
      throw e;
    }
  }

  /** Goes on with the connection of another version of this bundle, whose threads serve it. */
  static AgentConnection inherit(AgentLine line) {
    return new AgentConnection(line, true);
  }

  AgentLine line() {
    return line;
  }

  /** What the guest said about itself. */
  AgentHello.Reply guest() {
    return AgentHello.Reply.of(line.guest());
  }

  boolean isOpen() {
    return line.failure().get() == null;
  }

  /** Whether somebody works with the guest. */
  boolean isUsed() {
    return line.streams().keySet().stream().anyMatch(id -> !line.background().contains(id));
  }

  /** Whether it keeps another version of this bundle from going for nothing. */
  boolean isOutlived() {
    return inherited && line.streams().isEmpty();
  }

  /** How long the guest has said nothing. */
  Duration silence() {
    return Duration.ofNanos(System.nanoTime() - line.lastHeardNanos().get());
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
    int id = line.lastStream().updateAndGet(last -> last == Integer.MAX_VALUE ? 1 : last + 1);
    AgentStream stream = new AgentStream(this, id);
    if (background) {
      line.background().add(id);
    }
    line.streams().put(id, stream::take);
    if (!isOpen()) {
      remove(id);
      checkOpen();
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
            .formatted(line.name(), line.name());
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
      while (!line.outgoing().offer(frame, SHORT_PAUSE.toMillis(), TimeUnit.MILLISECONDS)) {
        operation.check();
        checkOpen();
      }
      checkOpen();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BangerException(ErrorCode.CANCELLED, "interrupted", e);
    }
  }

  /** Throws why it has ended, if it has. */
  void checkOpen() {
    BangerException broken = line.failure().get();
    if (broken != null) {
      throw again(broken);
    }
  }

  void release(AgentStream stream) {
    remove(stream.id()); // numbers are not used again; what still comes is dropped
    if (stream.isEnded()) {
      return;
    }
    if (!offerClose(new Frame(stream.id(), AgentProtocol.CLOSE, new byte[0]))) {
      fail("the guest's agent does not read", null);
    }
  }

  private void remove(int stream) {
    line.streams().remove(stream);
    line.background().remove(stream);
  }

  private boolean offerClose(Frame close) {
    try {
      // The first for a thread that was interrupted: a queue with room is no reason to give up.
      return line.outgoing().offer(close)
          || !isOpen()
          || line.outgoing().offer(close, CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public void close() {
    fail("the connection to the guest of " + line.name() + " was closed", null);
  }

  /** Ends every conversation with a reason. */
  void fail(String reason, Throwable cause) {
    BangerException error = new BangerException(ErrorCode.OPERATION_FAILED, reason, cause);
    if (!line.failure().compareAndSet(null, error)) {
      return;
    }
    LOG.debug("{}: {}", line.name(), reason);
    line.release().run();
    List.copyOf(line.streams().values()).forEach(stream -> stream.accept(null, error));
    line.streams().clear();
    line.background().clear();
  }

  /** The same error for another caller, with a stack of its own. */
  static BangerException again(BangerException error) {
    return new BangerException(error.code(), error.getMessage(), error);
  }
}
