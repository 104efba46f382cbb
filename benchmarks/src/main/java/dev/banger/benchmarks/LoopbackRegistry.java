// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.benchmarks;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Debian's docker-registry on a free port of loopback, with a directory of its own. */
final class LoopbackRegistry implements AutoCloseable {
  private static final long START_SECONDS = 20;
  private static final long END_SECONDS = 5;
  private static final Pattern BLOB_SENT =
      Pattern.compile("\"GET /v2/\\S+/blobs/\\S+ HTTP/[0-9.]+\" 20[06]");

  private final Process process;
  private final int port;
  private final Path log;

  /** Starts one; returns when it answers. */
  LoopbackRegistry(Path directory) throws IOException, InterruptedException {
    Files.createDirectories(directory);
    port = freePort();
    log = directory.resolve("log");
    Path configuration = directory.resolve("config.yml");
    Files.writeString(
        configuration,
        """
        version: 0.1
        log:
          level: error
        storage:
          filesystem:
            rootdirectory: %s
        http:
          addr: 127.0.0.1:%d
        """
            .formatted(directory.resolve("data"), port));
    process =
        new ProcessBuilder(
                HostTool.require("docker-registry").argv("serve", configuration.toString()))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    awaitAnswer();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void awaitAnswer() throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (!answers()) {
      if (!process.isAlive() || System.nanoTime() > end) {
        close();
        throw new IOException("docker-registry does not answer: " + Files.readString(log));
      }
      Thread.sleep(10);
    }
  }

  private boolean answers() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** The name by which images are known that it holds. */
  String reference(String repository) {
    return "127.0.0.1:" + port + "/" + repository + ":latest";
  }

  /** How many blobs it has sent so far, by its log. */
  long blobsSent() throws IOException {
    try (Stream<String> lines = Files.lines(log)) {
      return lines.filter(line -> BLOB_SENT.matcher(line).find()).count();
    }
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }
}
