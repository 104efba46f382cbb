// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.vmservice;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.ExecStreams;
import dev.banger.guest.TerminalSize;
import dev.banger.operation.Operation;
import dev.banger.wire.Frame;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A request that runs a program in the guest: its input, output, signals and end. */
final class GuestCommand {
  private static final Logger LOG = LoggerFactory.getLogger(GuestCommand.class);

  /** The agent ends a closed command after 1 s by force; an emulated guest may take longer. */
  private static final Duration END_LIMIT = Duration.ofSeconds(5);

  /** After so much silence of a command its agent is asked whether it is there. */
  private static final Duration SILENCE = Duration.ofSeconds(15);

  /** A guest that thrashes may be late; one that is dead is for ever. */
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(60);

  private static final int SIGNAL_BASE = 128;

  private final AgentConnection connection;
  private final int type;
  private final byte[] payload;
  private final String refusal;
  private final Duration silence;
  private final Duration answerLimit;
  private boolean background;

  /**
   * @param type EXEC, PUT or GET
   * @param payload its fields
   * @param refusal what an error says before the guest's own reason
   */
  GuestCommand(AgentConnection connection, int type, byte[] payload, String refusal) {
    this(connection, type, payload, refusal, SILENCE, ANSWER_LIMIT);
  }

  /** With other limits of the agent's silence. */
  GuestCommand(
      AgentConnection connection,
      int type,
      byte[] payload,
      String refusal,
      Duration silence,
      Duration answerLimit) {
    this.silence = silence;
    this.answerLimit = answerLimit;
    this.connection = connection;
    this.type = type;
    this.payload = payload;
    this.refusal = refusal;
  }

  /** Says whether nobody works with it. */
  GuestCommand inBackground(boolean isBackground) {
    background = isBackground;
    return this;
  }

  /**
   * Runs it to its end.
   *
   * @return the exit status; 128 + the signal's number when a signal ended it
   */
  int run(ExecStreams streams, Operation operation) {
    try (AgentStream stream = connection.stream(background)) {
      stream.send(type, payload, operation);
      stream.grant(AgentStream.WINDOW, operation);
      try (InputPump pump = new InputPump(stream, streams.stdin(), operation);
          Operation.Registration resize =
              streams.onResize(size -> tell(stream, AgentProtocol.RESIZE, size(size), operation));
          Operation.Registration signal =
              streams.onSignal(
                  number ->
                      tell(stream, AgentProtocol.SIGNAL, AgentStream.number(number), operation))) {
        int status = deliver(stream, streams, operation);
        if (pump.failure() != null) {
          throw new BangerException(
              ErrorCode.OPERATION_FAILED,
              "the command's input could not be read: " + pump.failure().getMessage(),
              pump.failure());
        }
        return status;
      } catch (BangerException e) {
        end(stream);
        throw e;
      }
    }
  }

  private int deliver(AgentStream stream, ExecStreams streams, Operation operation) {
    int consumed = 0;
    while (true) {
      Frame frame = next(stream, operation);
      switch (frame.type()) {
        case AgentProtocol.EXIT -> {
          return status(frame);
        }
        case AgentProtocol.ERROR -> throw AgentConnection.refused(frame, refusalOf(frame), refusal);
        case AgentProtocol.REPLY ->
            throw new BangerException(
                ErrorCode.OPERATION_FAILED, "the guest's agent answered with an unexpected frame");
        default -> {
          write(
              frame.type() == AgentProtocol.STDOUT ? streams.stdout() : streams.stderr(),
              frame.payload());
          consumed += frame.payload().length;
          if (consumed >= AgentStream.WINDOW / 2) {
            stream.grant(consumed, operation);
            consumed = 0;
          }
        }
      }
    }
  }

  /** The next frame, however long the command is silent; its agent must be there, though. */
  private Frame next(AgentStream stream, Operation operation) {
    while (true) {
      try {
        return stream.next(operation.within(silence));
      } catch (BangerException e) {
        operation.check();
        if (e.code() != ErrorCode.DEADLINE_EXCEEDED) {
          throw e;
        }
      }
      requireAgent(operation);
    }
  }

  // A virtio-serial port does not tell its host that nobody has it open any more.
  private void requireAgent(Operation operation) {
    try {
      connection.ask(AgentProtocol.PING, new byte[0], operation.within(answerLimit));
    } catch (BangerException e) {
      operation.check();
      if (e.code() != ErrorCode.DEADLINE_EXCEEDED) {
        throw e;
      }
      throw new BangerException(
          ErrorCode.OPERATION_FAILED,
          "the guest's agent has not answered for %d s; the command may still run there"
              .formatted(answerLimit.toSeconds()),
          e);
    }
  }

  private static void write(OutputStream out, byte[] bytes) {
    try {
      out.write(bytes);
      out.flush();
    } catch (IOException e) {
      throw new BangerException(
          ErrorCode.CANCELLED, "nobody takes the command's output any more: " + e.getMessage(), e);
    }
  }

  private static int status(Frame frame) {
    if (frame.payload().length < 2 * Integer.BYTES) {
      throw new BangerException(
          ErrorCode.OPERATION_FAILED, "the guest's agent gave no exit status");
    }
    ByteBuffer in = ByteBuffer.wrap(frame.payload());
    return in.getInt() == 0 ? in.getInt() & 0xff : SIGNAL_BASE + (in.getInt() & 0x7f);
  }

  // What PUT and GET run is the agent's own choice, and no program that somebody asked for.
  private ErrorCode refusalOf(Frame error) {
    boolean ofProgram =
        type == AgentProtocol.EXEC
            && AgentFields.parse(error.payload(), Integer.BYTES).stream()
                .anyMatch(field -> field.tag() == AgentProtocol.FIELD_PROGRAM);
    if (!ofProgram) {
      return ErrorCode.BAD_REQUEST;
    }
    return ByteBuffer.wrap(error.payload()).getInt() == AgentProtocol.NO_SUCH_FILE
        ? ErrorCode.PROGRAM_NOT_FOUND
        : ErrorCode.PROGRAM_NOT_EXECUTABLE;
  }

  private static byte[] size(TerminalSize size) {
    return ByteBuffer.allocate(2 * Short.BYTES)
        .putShort((short) size.rows())
        .putShort((short) size.columns())
        .array();
  }

  private static void tell(AgentStream stream, int type, byte[] payload, Operation operation) {
    try {
      stream.send(type, payload, operation);
    } catch (BangerException e) {
      LOG.debug("a command could not be told: {}", e.getMessage());
    }
  }

  // The caller's operation may be over; the command must be over too before the caller goes on.
  private static void end(AgentStream stream) {
    if (stream.isEnded()) {
      return;
    }
    Operation bounded = Operation.background().within(END_LIMIT);
    try {
      stream.send(AgentProtocol.CLOSE, new byte[0], bounded);
      while (!stream.isEnded()) {
        // What it still writes is dropped, and must not keep it from ending.
        Frame dropped = stream.next(bounded);
        if (dropped.payload().length > 0 && !stream.isEnded()) {
          stream.grant(dropped.payload().length, bounded);
        }
      }
    } catch (BangerException e) {
      LOG.warn("a command did not end within {} s: {}", END_LIMIT.toSeconds(), e.getMessage());
    }
  }
}
