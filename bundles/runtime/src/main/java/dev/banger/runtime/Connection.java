// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.operation.Operation;
import dev.banger.wire.Frame;
import dev.banger.wire.FrameInput;
import dev.banger.wire.FrameOutput;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * One connection, which is one request. One thread serves the request, another reads what the
 * client says meanwhile: input, signals, that it gives up or that it is gone.
 */
final class Connection implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

  /** For the request to arrive whole. */
  private static final Duration REQUEST_LIMIT = Duration.ofSeconds(10);

  /** For the client to close after its answer, or to finish sending what is refused. */
  private static final Duration LINGER = Duration.ofSeconds(1);

  /** For a client that takes nothing, once its operation is cancelled. */
  private static final Duration BLOCKED_LIMIT = Duration.ofSeconds(5);

  private final long begin = System.nanoTime();
  private final SocketChannel channel;
  private final Dispatcher dispatcher;
  private final PeerCheck peers;
  private final Executor executor;
  private final ScheduledExecutorService timer;
  private final InputStream input;
  private final SocketStreams.Output output;
  private final FrameOutput frames;
  private final ClientChannel client;
  private final CountDownLatch readerEnded = new CountDownLatch(1);
  private volatile BangerException violation;
  private volatile Operation operation;

  Connection(
      SocketChannel channel,
      Dispatcher dispatcher,
      PeerCheck peers,
      Executor executor,
      ScheduledExecutorService timer) {
    this.channel = channel;
    this.dispatcher = dispatcher;
    this.peers = peers;
    this.executor = executor;
    this.timer = timer;
    this.input = SocketStreams.input(channel);
    this.output = new SocketStreams.Output(channel);
    this.frames = new FrameOutput(output);
    this.client = new ClientChannel(frames);
  }

  @Override
  public void run() {
    try {
      byte[] request = readRequest();
      if (request != null) {
        Dispatcher.Answer answer =
            dispatcher.serve(request, frames, client, this::operationStarted);
        BangerException wrong = violation;
        finish(wrong == null ? answer : refusal(wrong));
      }
    } catch (BangerException e) {
      refuse(e);
    } catch (IOException e) {
      LOG.debug("A connection broke", e);
    } finally {
      close();
    }
  }

  /** Answers a connection that is not served at all. */
  void refuse(BangerException reason) {
    try {
      LOG.info("A connection was refused: {}", reason.getMessage());
      finish(refusal(reason));
    } catch (IOException e) {
      LOG.debug("A connection broke", e);
    } finally {
      close();
    }
  }

  private Dispatcher.Answer refusal(BangerException reason) {
    Operation known = operation;
    return dispatcher.error(known == null ? Operation.newId() : known.id(), reason);
  }

  private byte[] readRequest() throws IOException {
    if (!peers.mayEnter(channel)) {
      throw new BangerException(
          ErrorCode.UNAUTHORIZED, "this daemon serves its own user and root only");
    }
    Future<?> deadline =
        timer.schedule(this::close, REQUEST_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    try {
      Frame frame = new FrameInput(input, MessageType.REQUEST_LIMIT).read();
      if (frame == null) {
        return null;
      }
      if (frame.type() != MessageType.REQUEST || frame.stream() != 0) {
        throw new BangerException(
            ErrorCode.BAD_REQUEST, "a connection begins with a REQUEST on stream 0");
      }
      return frame.payload();
    } catch (ProtocolException | EOFException e) {
      throw malformed(e);
    } finally {
      deadline.cancel(false);
    }
  }

  private void operationStarted(Operation started) {
    operation = started;
    started.onCancel(
        () -> {
          client.fail("the operation was cancelled");
          closeWhenBlocked();
        });
    try {
      executor.execute(this::readOn);
    } catch (RuntimeException | Error e) {
      readerEnded.countDown(); // there will be none to wait for
      throw e;
    }
  }

  private void closeWhenBlocked() {
    if (output.blockedFor(BLOCKED_LIMIT)) {
      close();
    } else if (channel.isOpen()) {
      schedule(this::closeWhenBlocked, BLOCKED_LIMIT);
    }
  }

  private void schedule(Runnable action, Duration delay) {
    try {
      timer.schedule(action, delay.toMillis(), TimeUnit.MILLISECONDS);
    } catch (java.util.concurrent.RejectedExecutionException e) {
      close(); // the server is being stopped
    }
  }

  private void readOn() {
    try (MDC.MDCCloseable id = MDC.putCloseable("op_id", operation.id())) {
      FrameInput in = new FrameInput(input, MessageType.CLIENT_FRAME_LIMIT);
      for (Frame frame = in.read(); frame != null; frame = in.read()) {
        if (frame.type() == MessageType.CANCEL) {
          client.interrupt();
          operation.cancel("cancelled by the client");
        } else {
          client.receive(frame);
        }
      }
      operation.cancel("the client went away");
    } catch (ProtocolException | EOFException e) {
      violated(malformed(e));
    } catch (BangerException e) {
      violated(e);
    } catch (IOException e) {
      operation.cancel("the client went away");
    } finally {
      client.fail("the client went away");
      readerEnded.countDown();
    }
  }

  private static BangerException malformed(IOException e) {
    String message =
        e instanceof EOFException ? "the connection ended within a frame" : e.getMessage();
    return new BangerException(ErrorCode.BAD_REQUEST, message, e);
  }

  private void violated(BangerException reason) {
    violation = reason;
    operation.cancel(reason.getMessage());
  }

  /** Sends the last frame and lets the client take it before the connection ends. */
  private void finish(Dispatcher.Answer answer) throws IOException {
    frames.write(0, answer.type(), answer.payload());
    channel.shutdownOutput();
    schedule(this::close, LINGER);
    if (operation != null) {
      try {
        readerEnded.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    // Closing with bytes unread would tear the answer away from a client that is still sending.
    byte[] discarded = new byte[8192];
    while (channel.isOpen() && input.read(discarded) >= 0) {}
  }

  boolean isYoungerThan(Duration age) {
    return System.nanoTime() - begin < age.toNanos();
  }

  /** Ends the connection; its operation, if any, is cancelled by the end of its reader. */
  void close() {
    try {
      channel.close();
    } catch (IOException e) {
      LOG.debug("A connection was not closed cleanly", e);
    }
  }
}
