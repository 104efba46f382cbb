// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.authsync;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/** An ssh agent without keys that signs with whatever it was asked to sign, once it is allowed. */
final class FakeAgent implements AutoCloseable {
  static final byte[] LIST = message(11);
  static final byte[] NO_KEYS = message(12, 0, 0, 0, 0);

  final List<Integer> types = new CopyOnWriteArrayList<>();
  final CountDownLatch signing = new CountDownLatch(1);
  final CountDownLatch closed = new CountDownLatch(1);
  CountDownLatch consent = new CountDownLatch(0);
  private final Path socket;
  private final ServerSocketChannel server;

  FakeAgent(Path socket) throws IOException {
    this.socket = socket;
    this.server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    begin(this::accept);
  }

  Path socket() {
    return socket;
  }

  /** A message with its length in front. */
  static byte[] message(int type, int... rest) {
    ByteBuffer message = ByteBuffer.allocate(5 + rest.length);
    message.putInt(1 + rest.length).put((byte) type);
    for (int value : rest) {
      message.put((byte) value);
    }
    return message.array();
  }

  private static void begin(Runnable work) {
    Thread thread = new Thread(work);
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    try {
      while (true) {
        SocketChannel client = server.accept();
        begin(() -> serve(client));
      }
    } catch (IOException e) {
      // It is closed.
    }
  }

  private void serve(SocketChannel client) {
    try (client;
        DataInputStream in = new DataInputStream(Channels.newInputStream(client))) {
      while (true) {
        byte[] request = in.readNBytes(in.readInt());
        types.add((int) request[0]);
        client.write(ByteBuffer.wrap(answer(request)));
      }
    } catch (IOException e) {
      closed.countDown();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private byte[] answer(byte[] request) throws InterruptedException {
    if (request[0] == 11) {
      return NO_KEYS;
    }
    if (request[0] == 27) {
      return message(6);
    }
    signing.countDown();
    consent.await();
    ByteBuffer answer = ByteBuffer.allocate(4 + request.length).putInt(request.length);
    return answer.put((byte) 14).put(request, 1, request.length - 1).array();
  }

  @Override
  public void close() throws IOException {
    server.close();
    Files.deleteIfExists(socket);
  }
}
