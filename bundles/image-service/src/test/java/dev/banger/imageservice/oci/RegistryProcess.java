// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.imageservice.oci;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.banger.operation.Operation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Debian's docker-registry on loopback, and the tools of others that fill it. */
final class RegistryProcess implements AutoCloseable {
  private final Process process;
  private final int port;
  private final String credentials;

  /**
   * Starts a registry with a directory of its own.
   *
   * @param credentials {@code name:password} that it asks for; empty for none
   */
  RegistryProcess(Path directory, String credentials) throws Exception {
    this.credentials = credentials;
    this.port = freePort();
    Files.createDirectories(directory);
    String auth = "";
    if (!credentials.isEmpty()) {
      String[] parts = credentials.split(":", 2);
      Path users = directory.resolve("htpasswd");
      Files.writeString(users, run("htpasswd", "-nbB", parts[0], parts[1]).strip() + "\n");
      auth = "auth:\n  htpasswd:\n    realm: test\n    path: %s\n".formatted(users);
    }
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
                .formatted(directory.resolve("data"), port)
            + auth);
    process =
        new ProcessBuilder("docker-registry", "serve", configuration.toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("log").toFile())
            .start();
    Operation.background()
        .within(Duration.ofSeconds(20))
        .await(this::answers, Duration.ofMillis(50));
  }

  /** Skips the test when a tool is not installed. */
  static void requireTools(String... names) {
    for (String name : names) {
      boolean installed =
          Arrays.stream(System.getenv("PATH").split(":"))
              .anyMatch(directory -> Files.isExecutable(Path.of(directory, name)));
      assumeTrue(installed, name + " is not installed");
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private boolean answers() {
    if (!process.isAlive()) {
      throw new IllegalStateException("docker-registry ended");
    }
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  String host() {
    return "127.0.0.1:" + port;
  }

  OciReference reference(String nameAndQualifier) {
    return OciReference.parse(host() + "/" + nameAndQualifier);
  }

  /**
   * Copies an image into the registry with skopeo.
   *
   * @param source in skopeo's words, such as {@code oci:/layout:tag}
   */
  void push(String source, String destination, String... options) {
    List<String> command = new ArrayList<>(List.of("skopeo", "--insecure-policy", "copy", "-q"));
    command.addAll(List.of("--dest-tls-verify=false"));
    command.addAll(List.of(options));
    if (!credentials.isEmpty()) {
      command.add("--dest-creds=" + credentials);
    }
    command.add(source);
    command.add("docker://" + host() + "/" + destination);
    run(command.toArray(String[]::new));
  }

  /** Runs a tool to its end. */
  static String run(String... command) {
    try {
      Process tool = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(tool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (tool.waitFor() != 0) {
        throw new IllegalStateException(String.join(" ", command) + ": " + output);
      }
      return output;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(5, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }
}
