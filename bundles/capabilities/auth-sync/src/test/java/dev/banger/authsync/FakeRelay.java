// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.authsync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.banger.guest.ExecStreams;
import dev.banger.operation.Operation;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The guest's end of a relay, which says what the test says and keeps what it is told. */
class FakeRelay {
  static final byte[] END = {};

  final AtomicInteger runs = new AtomicInteger();
  private final BlockingQueue<Told> told = new LinkedBlockingQueue<>();
  private volatile ExecStreams streams;
  private volatile CountDownLatch over = new CountDownLatch(0);

  @SuppressWarnings("ArrayRecordComponent") // compared by its parts
  record Told(int id, byte[] payload) {}

  /** One that ends before it listens. */
  static FakeRelay ending(int status) {
    return new FakeRelay() {
      @Override
      int run(ExecStreams given, Operation operation) {
        runs.incrementAndGet();
        return status;
      }
    };
  }

  int run(ExecStreams given, Operation operation) {
    CountDownLatch end = new CountDownLatch(1);
    over = end;
    streams = given;
    runs.incrementAndGet();
    Thread reader = new Thread(() -> read(given));
    reader.setDaemon(true);
    reader.start();
    try (Operation.Registration cancelled = operation.onCancel(end::countDown)) {
      say(0, END);
      end.await();
      operation.check();
      return 0;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      end.countDown();
    }
  }

  private void read(ExecStreams given) {
    DataInputStream in = new DataInputStream(given.stdin());
    try {
      while (true) {
        int id = in.readInt();
        told.add(new Told(id, in.readNBytes(in.readInt())));
      }
    } catch (IOException e) {
      // The host tells nothing more.
    }
  }

  void say(int id, byte[] payload) throws IOException {
    ByteBuffer frame =
        ByteBuffer.allocate(8 + payload.length).putInt(id).putInt(payload.length).put(payload);
    streams.stdout().write(frame.array());
  }

  Told next() throws InterruptedException {
    Told next = told.poll(20, TimeUnit.SECONDS);
    assertThat(next).as("what the relay is told").isNotNull();
    return next;
  }

  /** Ends by itself. */
  void end() {
    over.countDown();
  }

  boolean isOver() {
    return over.getCount() == 0;
  }
}
