// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.itests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Calls over the daemon's socket at a fixed rate: a call that waits does not keep the next from
 * being made, until as many wait as the daemon serves at a time. docs/protocol.md is all that it
 * knows.
 */
final class SocketLoad implements AutoCloseable {
  private static final int REQUEST = 0x01;
  private static final int RESULT = 0x1e;
  private static final int ERROR = 0x1f;
  private static final int AT_ONCE = 200;
  private static final int FRAME_LIMIT = 16 << 20;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path socket;
  private final List<String> requests;
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private final ExecutorService callers = Executors.newCachedThreadPool();
  private final Semaphore free = new Semaphore(AT_ONCE);
  private final AtomicLong begun = new AtomicLong();
  private final Queue<Long> latencies = new ConcurrentLinkedQueue<>();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();

  /**
   * Begins.
   *
   * @param requests JSON, made in turn
   */
  SocketLoad(Path socket, int perSecond, List<String> requests) {
    this.socket = socket;
    this.requests = requests;
    clock.scheduleAtFixedRate(
        () -> {
          if (free.tryAcquire()) {
            callers.execute(this::call);
          }
        },
        0,
        1_000_000 / perSecond,
        TimeUnit.MICROSECONDS);
  }

  private void call() {
    String request = requests.get((int) (begun.getAndIncrement() % requests.size()));
    long begin = System.nanoTime();
    try {
      Frame answer = frame(socket, request);
      if (answer.type() != RESULT) {
        failures.add(request + ": " + new String(answer.payload(), StandardCharsets.UTF_8));
      } else if (request.contains("command.run")) {
        JsonNode status = JSON.readTree(answer.payload()).path("result").path("exit_status");
        if (status.asInt(-1) != 0) {
          failures.add(request + ": status " + status);
        }
      }
    } catch (IOException | RuntimeException e) {
      failures.add(request + ": " + e);
    }
    latencies.add(System.nanoTime() - begin);
    free.release();
  }

  /**
   * Makes one call.
   *
   * @throws IOException if it fails
   */
  static JsonNode answer(Path socket, String request) throws IOException {
    Frame answer = frame(socket, request);
    if (answer.type() != RESULT) {
      throw new IOException(request + ": " + new String(answer.payload(), StandardCharsets.UTF_8));
    }
    return JSON.readTree(answer.payload()).path("result");
  }

  private static Frame frame(Path socket, String request) throws IOException {
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
  public void close() {
    clock.shutdownNow();
    callers.shutdown();
    try {
      if (!callers.awaitTermination(60, TimeUnit.SECONDS)) {
        failures.add("calls that were not answered within a minute");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  List<String> failures() {
    return List.copyOf(failures);
  }

  long calls() {
    return latencies.size();
  }

  /** The latency in milliseconds that this share of the calls did not exceed. */
  long percentileMillis(double share) {
    List<Long> sorted = latencies.stream().sorted().toList();
    return sorted.get((int) Math.ceil(share * sorted.size()) - 1) / 1_000_000;
  }
}
