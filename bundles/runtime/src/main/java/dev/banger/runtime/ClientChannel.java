// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.runtime;

import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.TerminalSize;
import dev.banger.operation.Operation;
import dev.banger.wire.Frame;
import dev.banger.wire.FrameOutput;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a request and its client say to each other while the request is being served. */
final class ClientChannel {
  private static final Logger LOG = LoggerFactory.getLogger(ClientChannel.class);

  private final FrameOutput frames;
  private final CreditedInput stdin;
  private final ChunkedOutput stdout;
  private final ChunkedOutput stderr;
  private final List<Consumer<TerminalSize>> resizeListeners = new CopyOnWriteArrayList<>();
  private final List<IntConsumer> signalListeners = new CopyOnWriteArrayList<>();
  private volatile TerminalSize size;
  private volatile boolean terminalUsed;
  private volatile boolean interrupted;
  private CompletableFuture<Integer> localExit;

  ClientChannel(FrameOutput frames) {
    this.frames = frames;
    this.stdin =
        new CreditedInput(
            credit ->
                frames.write(0, MessageType.WINDOW, ByteBuffer.allocate(4).putInt(credit).array()));
    this.stdout = new ChunkedOutput(frames, MessageType.STDOUT);
    this.stderr = new ChunkedOutput(frames, MessageType.STDERR);
  }

  InputStream stdin() {
    return stdin;
  }

  OutputStream stdout() {
    return stdout;
  }

  OutputStream stderr() {
    return stderr;
  }

  /** Whether the request could be served again from its beginning, unnoticed by the client. */
  boolean untouched() {
    return !stdin.consumed() && !stdout.used() && !stderr.used() && !terminalUsed;
  }

  /** Takes note of a CANCEL, before the operation is. */
  void interrupt() {
    interrupted = true;
  }

  /** Whether the client itself asked for the end. */
  boolean isInterrupted() {
    return interrupted;
  }

  /** The size that the client told last, or null. */
  TerminalSize size() {
    return size;
  }

  /** Takes a frame that followed the request. CANCEL is not for here. */
  void receive(Frame frame) {
    switch (frame.type()) {
      case MessageType.STDIN -> stdin.receive(frame.payload());
      case MessageType.RESIZE -> resize(frame);
      case MessageType.SIGNAL -> signal(number(frame, "SIGNAL"));
      case MessageType.LOCAL_EXIT -> localExit(number(frame, "LOCAL_EXIT"));
      default ->
          throw new BangerException(
              ErrorCode.BAD_REQUEST,
              String.format("a frame of type 0x%02x is not expected here", frame.type()));
    }
  }

  private void resize(Frame frame) {
    ByteBuffer fields = fields(frame, 4, "RESIZE");
    TerminalSize told = new TerminalSize(fields.getShort() & 0xffff, fields.getShort() & 0xffff);
    size = told;
    resizeListeners.forEach(listener -> tell(() -> listener.accept(told)));
  }

  private void signal(int number) {
    if (number < 1 || number > 64) {
      throw new BangerException(ErrorCode.BAD_REQUEST, "no signal has the number " + number);
    }
    signalListeners.forEach(listener -> tell(() -> listener.accept(number)));
  }

  /** What a listener cannot do is no fault of the client. */
  private static void tell(Runnable listener) {
    try {
      listener.run();
    } catch (RuntimeException e) {
      LOG.warn("A resize or signal did not reach the command", e);
    }
  }

  private synchronized void localExit(int status) {
    if (localExit != null) {
      localExit.complete(status);
    }
  }

  private static int number(Frame frame, String name) {
    return fields(frame, 4, name).getInt();
  }

  private static ByteBuffer fields(Frame frame, int length, String name) {
    if (frame.payload().length != length) {
      throw new BangerException(
          ErrorCode.BAD_REQUEST,
          name + " must have " + length + " bytes, not " + frame.payload().length);
    }
    return ByteBuffer.wrap(frame.payload());
  }

  /** Ends what waits for the client. */
  void fail(String why) {
    stdin.fail(why);
    synchronized (this) {
      if (localExit != null) {
        localExit.completeExceptionally(new BangerException(ErrorCode.CANCELLED, why));
      }
    }
  }

  Operation.Registration onResize(Consumer<TerminalSize> listener) {
    resizeListeners.add(listener);
    return () -> resizeListeners.remove(listener);
  }

  Operation.Registration onSignal(IntConsumer listener) {
    signalListeners.add(listener);
    return () -> signalListeners.remove(listener);
  }

  void rawMode(boolean raw) throws IOException {
    terminalUsed = true;
    frames.write(0, MessageType.TERMINAL, new byte[] {(byte) (raw ? 1 : 0)});
  }

  /** Sends RUN_LOCAL and returns what LOCAL_EXIT will say. One at a time. */
  CompletableFuture<Integer> runLocal(byte[] request) throws IOException {
    CompletableFuture<Integer> exit = new CompletableFuture<>();
    synchronized (this) {
      if (localExit != null && !localExit.isDone()) {
        throw new BangerException(
            ErrorCode.BAD_REQUEST, "a command already runs on the client's terminal");
      }
      localExit = exit;
    }
    // Outside the lock, which the thread that reads from the client takes.
    terminalUsed = true;
    frames.write(0, MessageType.RUN_LOCAL, request);
    return exit;
  }
}
