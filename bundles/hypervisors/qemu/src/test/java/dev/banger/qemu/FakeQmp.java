// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.qemu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A QMP server that says what it was told to: the first text to whoever connects, then one for each
 * line that it gets. After the last text it reads on until the client goes, unless told otherwise.
 */
final class FakeQmp implements AutoCloseable {
  static final String GREETING =
      "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7}},"
          + " \"capabilities\": [\"oob\"]}}\r\n";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final ServerSocketChannel server;
  private final List<String> texts;
  private final Manner manner;
  private final List<JsonNode> requests = new CopyOnWriteArrayList<>();
  private final CountDownLatch disconnected = new CountDownLatch(1);
  private volatile int awaitedRequests = Integer.MAX_VALUE;
  private volatile Runnable whenRequested;

  /**
   * @param pieceBytes how much it says at once
   * @param closing whether it closes after its last text
   * @param flood what it says for ever after its last text, or empty
   * @param heard how many lines it reads
   */
  private record Manner(int pieceBytes, boolean closing, String flood, int heard) {}

  private FakeQmp(Path socket, Manner manner, String... texts) throws IOException {
    this.texts = List.of(texts);
    this.manner = manner;
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    Thread thread = new Thread(this::serve, "fake QMP");
    thread.setDaemon(true);
    thread.start();
  }

  static FakeQmp on(Path socket, String... texts) throws IOException {
    return new FakeQmp(socket, new Manner(Integer.MAX_VALUE, false, "", Integer.MAX_VALUE), texts);
  }

  static FakeQmp inPieces(Path socket, String... texts) throws IOException {
    return new FakeQmp(socket, new Manner(3, false, "", Integer.MAX_VALUE), texts);
  }

  static FakeQmp closing(Path socket, String... texts) throws IOException {
    return new FakeQmp(socket, new Manner(Integer.MAX_VALUE, true, "", Integer.MAX_VALUE), texts);
  }

  static FakeQmp flooding(Path socket, String flood, String... texts) throws IOException {
    return new FakeQmp(
        socket, new Manner(Integer.MAX_VALUE, false, flood, Integer.MAX_VALUE), texts);
  }

  static FakeQmp deafAfter(Path socket, int heard, String... texts) throws IOException {
    return new FakeQmp(socket, new Manner(Integer.MAX_VALUE, false, "", heard), texts);
  }

  /** What it was asked so far. */
  List<JsonNode> requests() {
    return requests;
  }

  /** Does something as soon as that many requests have come. */
  void whenRequested(int count, Runnable action) {
    whenRequested = action;
    awaitedRequests = count;
  }

  void awaitDisconnection() throws InterruptedException {
    if (!disconnected.await(10, TimeUnit.SECONDS)) {
      throw new AssertionError("the client is still connected");
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }

  private void serve() {
    try (SocketChannel client = server.accept()) {
      converse(client);
    } catch (IOException e) {
      // The client or the test has gone.
    } finally {
      disconnected.countDown();
    }
  }

  private void converse(SocketChannel client) throws IOException {
    BufferedReader lines = new BufferedReader(Channels.newReader(client, StandardCharsets.UTF_8));
    for (int said = 0; said < texts.size(); said++) {
      if (said > 0 && !hear(lines)) {
        return;
      }
      say(client, texts.get(said));
    }
    while (!manner.flood.isEmpty()) {
      say(client, manner.flood);
    }
    while (!manner.closing && hear(lines)) {
      // There is nothing left to say.
    }
  }

  private boolean hear(BufferedReader lines) throws IOException {
    if (requests.size() == manner.heard) {
      awaitClose();
    }
    String line = lines.readLine();
    if (line == null) {
      return false;
    }
    requests.add(JSON.readTree(line));
    if (requests.size() >= awaitedRequests) {
      whenRequested.run();
    }
    return true;
  }

  private void awaitClose() throws IOException {
    server.accept().close(); // fails when the test closes the server
  }

  private void say(SocketChannel client, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    for (int at = 0; at < bytes.length; ) {
      int length = Math.min(manner.pieceBytes, bytes.length - at);
      ByteBuffer piece = ByteBuffer.wrap(bytes, at, length);
      while (piece.hasRemaining()) {
        client.write(piece);
      }
      at += length;
    }
  }
}
