// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import dev.banger.wire.Frame;
import dev.banger.wire.FrameInput;
import dev.banger.wire.FrameOutput;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/**
 * Calls over the daemon's socket at a fixed rate, whatever becomes of the calls before: none is
 * left out, and what each waited is counted from the moment at which it was to be made.
 */
final class SocketCalls implements AutoCloseable {
  private static final int REQUEST = 0x01;
  private static final int RESULT = 0x1e;
  private static final int ERROR = 0x1f;
  private static final int FRAME_LIMIT = 16 << 20;

  /** Of a command, which is answered whatever became of it. */
  private static final Pattern BAD_STATUS = Pattern.compile("\"exit_status\"\\s*:\\s*[1-9]");

  private final Path socket;
  private final long interval;
  private final List<String> requests;
  private final Thread clock = new Thread(this::callAll, "clock");
  private final ExecutorService callers = Executors.newCachedThreadPool();
  private final Queue<Call> calls = new ConcurrentLinkedQueue<>();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private volatile boolean ended;

  /**
   * One call.
   *
   * @param due when it was to be made, by {@link System#nanoTime}
   * @param waited until it was answered, in nanoseconds
   */
  record Call(long due, long waited) {}

  /**
   * Begins.
   *
   * @param requests JSON, made in turn
   */
  SocketCalls(Path socket, int perSecond, List<String> requests) {
    this.socket = socket;
    this.interval = TimeUnit.SECONDS.toNanos(1) / perSecond;
    this.requests = requests;
    clock.start();
  }

  private void callAll() {
    long begin = System.nanoTime();
    for (int number = 0; !ended; number++) {
      long due = begin + number * interval;
      for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      String request = requests.get(number % requests.size());
      callers.execute(() -> call(request, due));
    }
  }

  private void call(String request, long due) {
    try {
      Frame answer = answer(request);
      String payload = new String(answer.payload(), StandardCharsets.UTF_8);
      if (answer.type() != RESULT || BAD_STATUS.matcher(payload).find()) {
        failures.add(request + ": " + payload);
      }
    } catch (IOException | RuntimeException e) {
      failures.add(request + ": " + e);
    }
    calls.add(new Call(due, System.nanoTime() - due));
  }

  private Frame answer(String request) throws IOException {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      new FrameOutput(Channels.newOutputStream(channel))
          .write(0, REQUEST, request.getBytes(StandardCharsets.UTF_8));
      FrameInput input = new FrameInput(Channels.newInputStream(channel), FRAME_LIMIT);
      for (Frame frame = input.read(); frame != null; frame = input.read()) {
        if (frame.type() == RESULT || frame.type() == ERROR) {
          return frame;
        }
      }
      throw new IOException("the connection ended without an answer");
    }
  }

  /** Makes no more calls and waits for those that were made. */
  @Override
  public void close() throws InterruptedException {
    ended = true;
    clock.join();
    callers.shutdown();
    if (!callers.awaitTermination(1, TimeUnit.MINUTES)) {
      callers.shutdownNow();
      failures.add("calls that were not answered within a minute");
    }
  }

  /** All that were answered. */
  List<Call> calls() {
    return List.copyOf(calls);
  }

  List<String> failures() {
    return List.copyOf(failures);
  }
}
